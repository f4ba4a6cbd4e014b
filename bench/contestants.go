package bench

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

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
func (o TrainOptions) ourselves(only, preset string) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0] // the command's own error says what is wrong with it
	}
	command := []string{
		self, "bench", "train", "--only", only, "--preset", preset,
		"--device", o.Device, "--iterations", strconv.Itoa(o.Iterations),
	}
	for _, s := range o.Settings {
		command = append(command, "--set", s)
	}
	return command
}

// contestants returns simgan and the script, each in float32 and, if the device has it, in bfloat16; on a GPU also the
// compiled script.
func (o TrainOptions) contestants(preset string, c config.Config, device cgo.Device) []*trainTurns {
	bfloat := cgo.HasBFloat16(device)
	h, w := sizeFor(c)
	theirs := func(name, precision string, more ...string) *trainTurns {
		kind, _, _ := strings.Cut(o.Device, ":")
		return &trainTurns{Name: name, Command: append([]string{
			o.Python, o.Script, "bench", "--precision", precision, "--device", kind, "--iterations", strconv.Itoa(o.Iterations),
			"--warm-up", strconv.Itoa(warmUp(device)), "--batch", strconv.Itoa(c.Train.Batch),
			"--width", strconv.Itoa(c.Refiner.Width),
			"--blocks", strconv.Itoa(c.Refiner.Blocks), "--kernel", strconv.Itoa(c.Refiner.Kernel),
			"--block-kernel", strconv.Itoa(c.Refiner.BlockKernel),
			"--padding", string(c.Refiner.Padding), "--optimizer", string(c.Train.Optimizer),
			"--threads", strconv.Itoa(runtime.NumCPU()),
			"--height", strconv.Itoa(h), "--width-pixels", strconv.Itoa(w),
			"--discriminator", string(c.Discriminator.Layers), "--discriminator-width", fmt.Sprint(c.Discriminator.Width),
		}, more...)}
	}
	all := []*trainTurns{{Name: "simgan float32", Command: o.ourselves("float32", preset)}}
	if bfloat {
		all = append(all, &trainTurns{Name: "simgan bfloat16", Command: o.ourselves("bfloat16", preset)})
	}
	if o.Python == "" {
		return all
	}
	all = append(all, theirs("PyTorch float32", "float32"))
	if bfloat {
		all = append(all, theirs("PyTorch bfloat16 channels_last", "bfloat16", "--channels-last"))
	}
	if device != cgo.CPU {
		all = append(all, theirs("PyTorch bfloat16 torch.compile", "bfloat16", "--channels-last", "--compile"))
	}
	return all
}
