package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"simgan/cgo"
	"simgan/trainer/config"
)

// trainTurn is one turn of bench train.
type trainTurn struct {
	Timing
	Idle *float64 `json:"idle_share,omitempty"` // of the GPU, between From and To
}

// trainTurns are the turns of one program in one precision.
type trainTurns = contestant[trainTurn]

func trainSpeed(t trainTurn) float64 { return t.ImagesPerSecond }

// ourselves returns the command with which simgan prints one thing.
func (o TrainOptions) ourselves(only, preset string, here place) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // the command's own error says what is wrong with it
	}
	command := []string{
		self, "bench", "train", "--only", only, "--preset", preset,
		"--device", here.flag, "--iterations", strconv.Itoa(o.Iterations),
	}
	command = append(command, o.workload.flags()...)
	for _, s := range o.Settings {
		command = append(command, "--set", s)
	}
	return command
}

// flags returns the flags of bench train for the workload.
func (o workload) flags() []string {
	return []string{
		"--side", strconv.Itoa(o.Side), "--history", strconv.Itoa(o.History), fmt.Sprintf("--unchecked=%v", o.Unchecked),
	}
}

// contestants returns simgan and the script: in float32 and, if the device has it, in bfloat16, in the layouts that are
// fast somewhere, and compiled.
func (o TrainOptions) contestants(preset string, c config.Config, here place) (all []*trainTurns) {
	add := func(name string, command ...string) {
		all = append(all, &trainTurns{Name: name, Environment: here.environment, Command: command})
	}
	precisions := []string{"float32"}
	if cgo.HasBFloat16(here.device) {
		precisions = append(precisions, "bfloat16")
	}
	for _, p := range precisions {
		add("simgan "+p, o.ourselves(p, preset, here)...)
	}
	if o.Python == "" {
		return all
	}
	add("PyTorch float32", o.theirs(c, here, "float32")...)
	for _, p := range precisions {
		add("PyTorch "+p+" channels_last", o.theirs(c, here, p, "--channels-last")...)
	}
	best := precisions[len(precisions)-1]
	add("PyTorch "+best+" torch.compile", o.theirs(c, here, best, "--channels-last", "--compile")...)
	return all
}

// theirs returns the command with which the script takes a turn.
func (o TrainOptions) theirs(c config.Config, here place, precision string, more ...string) []string {
	h, w := o.sizeFor(c)
	threads := c.Threads
	if threads == 0 {
		threads = runtime.NumCPU()
	}
	if o.Unchecked {
		more = append(more, "--unchecked")
	}
	return append([]string{
		o.Python, o.Script, "bench", "--precision", precision, "--device", here.flag,
		"--iterations", strconv.Itoa(o.Iterations), "--warm-up", strconv.Itoa(o.warmUp(here.device)),
		"--batch", strconv.Itoa(c.Train.Batch), "--width", strconv.Itoa(c.Refiner.Width),
		"--blocks", strconv.Itoa(c.Refiner.Blocks), "--kernel", strconv.Itoa(c.Refiner.Kernel),
		"--block-kernel", strconv.Itoa(c.Refiner.BlockKernel),
		"--padding", string(c.Refiner.Padding), "--optimizer", string(c.Train.Optimizer),
		"--threads", strconv.Itoa(threads),
		"--height", strconv.Itoa(h), "--width-pixels", strconv.Itoa(w),
		"--discriminator", string(c.Discriminator.Layers), "--discriminator-width", fmt.Sprint(c.Discriminator.Width),
	}, more...)
}
