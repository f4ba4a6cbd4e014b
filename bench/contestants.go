package bench

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
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

// lossTolerance returns how far a loss of the first steps may be from the reference's, as a share of it. bfloat16 keeps
// 8 bits, but sums over hundreds of patches and pixels cancel most of the error: PyTorch's own is 3e-4 off float32
// (gaze, width 16, b = 8, CPU).
func lossTolerance(name string) float64 {
	if strings.Contains(name, "bfloat16") {
		return 5e-3
	}
	return 1e-4
}

// sameLosses compares the losses of every turn with those of PyTorch in float32, or, if it took no turn, of the first
// contestant that did.
func sameLosses(all []*trainTurns) error {
	took := func(c *trainTurns) bool { return c != nil && len(c.Turns) > 0 }
	base := find(all, "PyTorch float32", "")
	if !took(base) {
		i := slices.IndexFunc(all, took)
		if i < 0 {
			return nil // failures reports it
		}
		base = all[i]
	}
	want := base.Turns[0].Losses
	if len(want) == 0 {
		return fmt.Errorf("%s reported no losses", base.Name)
	}
	var unequal error
	for _, c := range all {
		allowed := max(lossTolerance(c.Name), lossTolerance(base.Name))
		for round, turn := range c.Turns {
			if len(turn.Losses) != len(want) {
				unequal = errors.Join(unequal, fmt.Errorf("%s, round %d: reported %d losses, %s %d",
					c.Name, round+1, len(turn.Losses), base.Name, len(want)))
				continue
			}
			for step, loss := range turn.Losses {
				if off := math.Abs(loss/want[step] - 1); !(off <= allowed) {
					unequal = errors.Join(unequal, fmt.Errorf("%s, round %d: the loss of step %d is %v, %s's %v: "+
						"%.2g apart, %g are allowed", c.Name, round+1, step+1, loss, base.Name, want[step], off, allowed))
					break
				}
			}
		}
	}
	return unequal
}
