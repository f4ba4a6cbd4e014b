package main

import (
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"simgan/internal/exit"
	"simgan/internal/launch"
)

// launchable lists the commands that several processes do together.
var launchable = []string{"train", "refine", "eval", "pack"}

func newLaunchCommand() *cli.Command {
	return &cli.Command{
		Name: "launch", Usage: "starts several processes on this machine that train as one, or share other work",
		ArgsUsage: "-- train|refine|eval|pack ...",
		UsageText: "simgan launch --processes 2 -- train --preset gaze-demo --run runs/two\n" +
			"simgan launch --devices cuda:0,cuda:1 -- train --preset gaze --run runs/two\n" +
			"simgan launch --processes 2 -- eval gaze --run runs/demo",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "processes", Usage: "`N` processes, each with its share of the cores"},
			&cli.StringFlag{Name: "devices", Usage: "a process on each of the devices of a `LIST`, for example cuda:0,cuda:1"},
			&cli.DurationFlag{
				Name: "kill-after", Value: launch.DefaultGrace,
				Usage: "`TIME` that the others may take to end after one has failed",
			},
		},
		Action: func(c *cli.Context) error {
			o, err := launchOptions(c.Args().Slice(), c.Int("processes"), c.String("devices"))
			if err != nil {
				return err
			}
			if o.Program, err = os.Executable(); err != nil {
				return err
			}
			o.Out, o.Grace = c.App.Writer, c.Duration("kill-after")
			if quiet, ok := o.Out.(warningsOnly); ok { // the processes know what their warnings and errors are
				o.Out = quiet.out
				for rank := range o.Args {
					o.Args[rank] = append(o.Args[rank], "--quiet")
				}
			}
			return launch.Run(c.Context, o)
		},
	}
}

// launchOptions returns the arguments of each process.
func launchOptions(args []string, processes int, devices string) (o launch.Options, err error) {
	var list []string
	if devices != "" {
		list = strings.Split(devices, ",")
		if processes != 0 && processes != len(list) {
			return o, exit.Usagef("--processes %d and --devices %s: give one of them", processes, devices)
		}
		processes = len(list)
	}
	if processes < 1 || processes > maxProcesses {
		return o, exit.Usagef("launch needs --processes N, from 1 to %d, or --devices cuda:0,cuda:1", maxProcesses)
	}
	if len(args) == 0 || !slices.Contains(launchable, args[0]) {
		return o, exit.Usagef("launch starts one of the commands %s: simgan launch --processes %d -- train ...",
			strings.Join(launchable, ", "), processes)
	}
	if list != nil && args[0] == "pack" {
		return o, exit.Usagef("--devices: pack uses no device; give --processes N")
	}
	for rank := range processes {
		own := slices.Clone(args)
		if list != nil {
			own = append(own, "--device", strings.TrimSpace(list[rank]))
		}
		o.Args = append(o.Args, own)
	}
	return o, nil
}

// maxProcesses bounds the processes of one machine.
const maxProcesses = 1024
