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

// contestants returns simgan and the script for every data set, each in its own process.
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
		if o.Python != "" {
			theirs := append([]string{o.Python, o.Script, "run", "--data", spec}, same...)
			all = append(all, &loaderTurns{Name: "PyTorch", Data: spec, Command: theirs})
		}
	}
	return all, nil
}

func loaderSpeed(t LoaderTiming) float64 { return t.ImagesPerSecond }

// loaderTable returns Markdown: medians over the turns, and the median, least and greatest ratio to PyTorch in the same
// round on the same data.
func loaderTable(all []*loaderTurns) string {
	var b strings.Builder
	b.WriteString("| | data | images/s | first batch, s | memory, MB | beside PyTorch |\n|---|---|---|---|---|---|\n")
	for _, c := range all {
		if len(c.Turns) == 0 {
			fmt.Fprintf(&b, "| %s | %s | failed | | | |\n", c.Name, c.Data)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f | %.0f | %s |\n", c.Name, c.Data,
			c.median(loaderSpeed),
			c.median(func(t LoaderTiming) float64 { return t.First }),
			c.median(func(t LoaderTiming) float64 { return float64(t.MemoryBytes) / 1e6 }),
			c.beside(find(all, "PyTorch", c.Data), loaderSpeed))
	}
	return b.String()
}
