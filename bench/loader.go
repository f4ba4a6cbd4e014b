package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"simgan/internal/exit"
	"simgan/trainer/config"
)

// LoaderOptions are what Loader takes.
type LoaderOptions struct {
	Data           []string // SPECs
	Device         string
	Batch, Workers int
	Rounds         int
	Seconds        float64 // length of a turn
	Python, Script string  // PyTorch's contestant; no Python: simgan alone
	JSON           string  // file for the figures; "": none
	Only           string  // measure simgan once on this SPEC and print it as JSON
}

// loaderTurns are the turns of one program on one data set.
type loaderTurns = contestant[LoaderTiming]

// Loader times mini-batches on their way to the device, simgan and PyTorch's DataLoader alternately.
func Loader(ctx context.Context, o LoaderOptions, out io.Writer) error {
	if o.Rounds < 1 || o.Batch < 1 || o.Seconds <= 0 {
		return exit.Usagef("--rounds and --batch must be 1 or more, --seconds more than 0")
	}
	if o.Only != "" {
		c, err := config.Load("", "", []string{
			// libtorch only converts here: the cores belong to the workers.
			"data.resident=off", "train.history=0", "device=" + o.Device, "threads=1",
			fmt.Sprintf("train.batch=%d", o.Batch), fmt.Sprintf("data.workers=%d", o.Workers),
		})
		if err != nil {
			return err
		}
		timing, err := measureLoader(ctx, c, o.Only, o.Seconds)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(timing)
	}
	contestants, err := o.contestants()
	if err != nil {
		return err
	}
	save := func() error { return saveFigures("", "", o.JSON, contestants) }
	if err := takeTurns(ctx, contestants, o.Rounds, out, loaderSpeed, save); err != nil {
		return err
	}
	fmt.Fprint(out, "\n", loaderTable(contestants))
	return failures(contestants)
}

// way is one of the script's ways to read a kind of data set, with its name in the table.
type way struct{ flag, name string }

var waysOfFiles = []way{
	{"pillow", "Pillow"}, {"draft", "Pillow, grey draft"},
	{"torchvision", "torchvision.io, grey"}, {"simplejpeg", "simplejpeg, grey"},
}

var waysOfPacks = []way{
	{"image", "image by image"}, {"batch", "index per batch"}, {"alone", "index per batch, no workers"},
}

// contestants returns simgan and every way of the script for every data set, each in its own process.
func (o LoaderOptions) contestants() ([]*loaderTurns, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var all []*loaderTurns
	for _, spec := range o.Data {
		same := []string{
			"--batch", strconv.Itoa(o.Batch), "--workers", strconv.Itoa(o.Workers),
			"--seconds", fmt.Sprint(o.Seconds), "--device", o.Device,
		}
		ours := append([]string{self, "bench", "loader", "--data", spec, "--only", spec}, same...)
		all = append(all, &loaderTurns{Name: "simgan", Data: spec, Command: ours})
		ways := waysOfFiles
		if strings.HasPrefix(spec, "pack:") {
			ways = waysOfPacks
		}
		for _, way := range ways {
			if o.Python != "" {
				theirs := append([]string{o.Python, o.Script, "run", "--data", spec, "--way", way.flag}, same...)
				all = append(all, &loaderTurns{Name: "PyTorch: " + way.name, Data: spec, Command: theirs})
			}
		}
	}
	return all, nil
}

func loaderSpeed(t LoaderTiming) float64 { return t.ImagesPerSecond }

// loaderTable returns Markdown: medians over the turns, and simgan's median, least and greatest ratio to each way of
// PyTorch in the same round on the same data.
func loaderTable(all []*loaderTurns) string {
	var b strings.Builder
	b.WriteString("| | data | images/s | first batch, s | memory, MB | simgan beside it |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		if len(c.Turns) == 0 {
			fmt.Fprintf(&b, "| %s | %s | failed | | | |\n", c.Name, c.Data)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f | %.0f | %s |\n", c.Name, c.Data,
			c.median(loaderSpeed),
			c.median(func(t LoaderTiming) float64 { return t.First }),
			c.median(func(t LoaderTiming) float64 { return float64(t.MemoryBytes) / 1e6 }),
			find(all, "simgan", c.Data).beside(c, loaderSpeed))
	}
	return b.String()
}
