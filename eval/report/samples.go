package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/data/picture"
	"simgan/trainer"
	"simgan/trainer/rundir"
)

// samplesShown is what samples.html shows: the rendered images, the same refined at some steps, the newest first, and
// real images.
type samplesShown struct {
	Rendered strip
	Refined  []strip
	Real     strip
}

// strip is a row of images.
type strip struct {
	Name string
	PNG  template.URL
}

// stepsShown is the largest number of steps whose refined images are shown: the first, the last and some between.
const stepsShown = 6

func showSamples(r *run) (any, error) {
	grids, err := rundir.SampleGrids(r.dir)
	if err != nil || len(grids) == 0 {
		return nil, err
	}
	shown := samplesShown{}
	n := min(stepsShown, len(grids))
	for i := range n {
		path := grids[i*(len(grids)-1)/max(n-1, 1)]
		rows, err := readGrid(path)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("refined, step %d", stepOf(path))
		if stepOf(path) == 0 {
			name = "refined, step 0: R before any training"
		}
		refined, err := newStrip(name, rows[1])
		if err != nil {
			return nil, err
		}
		if shown.Refined = append(shown.Refined, refined); i < n-1 {
			continue
		}
		if shown.Rendered, err = newStrip("rendered (synthetic)", rows[0]); err != nil {
			return nil, err
		}
		if shown.Real, err = newStrip("real images, which are no pairs of those above", rows[2]); err != nil {
			return nil, err
		}
	}
	slices.Reverse(shown.Refined)
	return shown, nil
}

// readGrid returns the rows of a sample grid: synthetic, refined, real.
func readGrid(path string) ([][]picture.Image, error) {
	grid, err := picture.Decode(path)
	if err != nil {
		return nil, err
	}
	rows, ok := picture.Ungrid(grid, 3, trainer.SampleColumns)
	if !ok {
		return nil, fmt.Errorf("%s: is no sample grid of simgan's: remove it", path)
	}
	return rows, nil
}

func newStrip(name string, row []picture.Image) (strip, error) {
	url, err := dataURL(joined(row))
	return strip{name, url}, err
}

// joined returns the images side by side, with a grey line between two.
func joined(row []picture.Image) picture.Image {
	const gap = 1
	first := row[0]
	out := picture.NewImage(first.C, first.H, len(row)*(first.W+gap)-gap, first.Bits)
	for i := range out.Pix {
		out.Pix[i] = uint16(1) << (first.Bits - 1)
	}
	for k, m := range row {
		for line := range m.C * m.H {
			copy(out.Pix[line*out.W+k*(m.W+gap):], m.Pix[line*m.W:(line+1)*m.W])
		}
	}
	return out
}

// dataURL returns an image as a PNG of 8 bits, which is all that screens show, in a URL.
func dataURL(m picture.Image) (template.URL, error) {
	shown := picture.NewImage(m.C, m.H, m.W, 8)
	for i, v := range m.Pix {
		shown.Pix[i] = v >> (m.Bits - 8)
	}
	var file bytes.Buffer
	err := picture.WritePNG(&file, shown)
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(file.Bytes())), err
}

// stepOf returns the step of a sample grid's name, step-NNNNNNN.png.
func stepOf(path string) int {
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "step-"), ".png")
	step, _ := strconv.Atoi(name) // rundir.SampleGrids lists no other names
	return step
}
