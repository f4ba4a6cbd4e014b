package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/ranks"
	"simgan/parallel"
)

// joinTimeout is how long the processes of an evaluation wait for each other at their start.
const joinTimeout = 10 * time.Minute

// joinEval meets the other processes of an evaluation that is dealt to several; what names one that is not.
func joinEval(ctx context.Context, dealt bool) (*parallel.Group, ranks.Place, error) {
	place, err := ranks.FromEnvironment(os.Getenv)
	if err != nil {
		return nil, place, err
	}
	if !dealt && place.Several() {
		return nil, place, exit.Usagef("this evaluation is for one process: start it without a launcher")
	}
	group, err := parallel.Join(ctx, place, joinTimeout)
	return group, place, err
}

// deviceOf returns the device of this process: the one that --device names, else the GPU of its number on its machine.
func deviceOf(place ranks.Place, name string) (cgo.Device, error) {
	device, err := cgo.ParseDevice(name)
	if err != nil || device == cgo.CPU || !place.Several() || name != "auto" && name != "cuda" {
		return device, err
	}
	visible, err := cgo.CUDADevices() // a launcher may show each process its own GPU only
	if err != nil {
		return device, err
	}
	return cgo.Device(place.Local % visible), nil
}

// leaveAtOnce ends the program though its work cannot end.
func leaveAtOnce(group *parallel.Group, err error) {
	fmt.Fprintln(os.Stderr, "simgan:", err)
	group.Leave(err)
	os.Exit(exitCode(err))
}
