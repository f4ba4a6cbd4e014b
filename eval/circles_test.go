package eval

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/data/picture"
	"simgan/trainer"
	"simgan/trainer/config"
)

// Columns of the circles: names as people write them.
const (
	centreX, centreY = "centre x", `"y", px`
	colour           = "it's the colour"
)

// circles writes n pictures of 16x24 with a coloured circle and a labels.csv with its centre and colour. Synthetic
// ones have a clean background, real ones a noisy one of another brightness.
func circles(t *testing.T, dir string, n int, seed uint64, real bool) string {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	rows := [][]string{{"file", centreX, colour, centreY}}
	for i := range n {
		x, y, hue := 4+16*random.Float64(), 4+8*random.Float64(), random.IntN(3)
		m := picture.NewImage(3, 16, 24, 8)
		for at := range m.Pix {
			px, py, c := float64(at%24), float64(at/24%16), at/(16*24)
			level := 40.0
			if (px-x)*(px-x)+(py-y)*(py-y) < 12 {
				level = 90
				if c == hue {
					level = 220
				}
			}
			if real {
				level = 30 + 0.8*level + 12*random.NormFloat64()
			}
			m.Pix[at] = uint16(min(max(level, 0), 255))
		}
		name := fmt.Sprintf(`sub dir/it's "%d".png`, i)
		if err := os.MkdirAll(filepath.Join(dir, "sub dir"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := picture.EncodePNG(filepath.Join(dir, name), m); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []string{name, fmt.Sprintf("%.3f", x), []string{"red", "dark green", `"blue"`}[hue],
			fmt.Sprintf("%.3f", y)})
	}
	writeCSV(t, filepath.Join(dir, "labels.csv"), rows)
	return "folder:" + dir
}

func writeCSV(t *testing.T, path string, rows [][]string) {
	t.Helper()
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// circleRun trains a tiny refiner of circles for one iteration and returns its folder.
func circleRun(t *testing.T, synthetic, real, test string, more ...string) string {
	t.Helper()
	c, err := config.Load("gaze-demo", "", append([]string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=5", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"train.agreement=0",
		"data.synthetic=" + synthetic, "data.real=" + real, "data.test=" + test,
	}, more...))
	if err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(t.TempDir(), "run")
	if err := trainer.Run(t.Context(), c, trainer.Options{Dir: run, Out: io.Discard}); err != nil {
		t.Fatal(err)
	}
	return run
}
