package eval

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/trainer"
	"simgan/trainer/config"
)

// A peak drawn between cells is found again to a hundredth of a pixel, with its depth; one at the border to a quarter
// cell.
func TestPeakIsFound(t *testing.T) {
	const m, side = 16, 64
	for _, want := range [][2]float64{{30.2, 17.9}, {21, 40}, {11.5, 50.25}} {
		maps := make([]float32, 4*m*m)
		putPeak(maps[m*m:2*m*m], m, toMap(want[0], m, side), toMap(want[1], m, side))
		for i := 3 * m * m; i < len(maps); i++ {
			maps[i] = 0.3
		}
		got := peak(maps, 1, 2, side, side)
		if math.Hypot(got[0]-want[0], got[1]-want[1]) > 0.01 || math.Abs(got[2]-0.3) > 1e-6 {
			t.Errorf("peak at %v found at %v", want, got)
		}
	}
}

// A view draws a mark of the image where place says, for every seed.
func TestViewMovesImageAndLabelAlike(t *testing.T) {
	const h, w = 40, 60
	for seed := range uint64(20) {
		v := newView(h, w, rand.New(rand.NewPCG(seed, 0)))
		src, dst := make([]float32, h*w), make([]float32, h*w)
		for i := range src {
			if x, y := i%w, i/w; x >= 20 && x < 23 && y >= 15 && y < 18 {
				src[i] = -1
			}
		}
		v.draw(dst, src)
		sumX, sumY, n := 0.0, 0.0, 0.0
		for i, p := range dst {
			if p == -1 {
				sumX, sumY, n = sumX+float64(i%w), sumY+float64(i/w), n+1
			}
		}
		x, y := v.place(21, 16)
		if n == 0 || math.Hypot(sumX/n-x, sumY/n-y) > 0.7 {
			t.Errorf("seed %d: the mark is at (%v, %v), its place is (%v, %v)", seed, sumX/n, sumY/n, x, y)
		}
	}
}

// Errors by hand: maps that peak at the truth have none; a depth off by half a cube is 150 mm and no pixel.
func TestJointErrors(t *testing.T) {
	ds, err := data.Open("simulated:hands,n=1,size=64x64")
	if err != nil {
		t.Fatal(err)
	}
	d, err := task{name: "hand", labels: fixed{data.HandLabels, false}}.load(t.Context(), ds, "test")
	if err != nil {
		t.Fatal(err)
	}
	const m, k = 16, 14
	maps, label := make([]float32, 2*k*m*m), d.Label(0)
	for j := range k {
		putPeak(maps[j*m*m:(j+1)*m*m], m, toMap(float64(label[3*j]), m, 64), toMap(float64(label[3*j+1]), m, 64))
		for c := range m * m {
			maps[(k+j)*m*m+c] = label[3*j+2] / 150
			if j == 3 {
				maps[(k+j)*m*m+c]++
			}
		}
	}
	for j, e := range d.apart(0, d.found(0, maps), d.joints(0)) {
		most := 0.1
		if j == 3 {
			e.MM, most = e.MM-150, 40 // along the ray, which is a little longer than the depth
		}
		if e.PX > 0.02 || math.Abs(e.MM) > most {
			t.Errorf("joint %d: %+v", j, e)
		}
	}
	f := &HandFigures{}
	f.add([]jointError{{1, 10}, {4, 20}, {9, 60}, {30, 110}}, 1)
	if f.PerSeed[0] != 11 || f.PerSeedMM[0] != 50 || f.PerSeedPCK[0] != 0.5 || f.PCKCurve[0] != 0.25 ||
		f.PCKCurve[8] != 0.75 ||
		f.PCKCurve[19] != 0.75 {
		t.Errorf("figures are %+v", f)
	}
}

// A small run of hands is trained, refined in NYU's form and evaluated: 16 bits and labels are kept, all figures there.
func TestHandsEndToEnd(t *testing.T) {
	dir := t.TempDir()
	source, run, out := filepath.Join(dir, "nyu"), filepath.Join(dir, "run"), filepath.Join(dir, "refined")
	if err := data.Simulate(context.Background(), "hands", "synthetic", "nyu", 6, 1, source, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	config, err := config.Load("hand-demo", "", []string{
		"refiner.width=4", "refiner.blocks=1", "discriminator.width=0.1", "train.batch=4", "train.history=8", "device=cpu",
		"train.pretrain_refiner=1", "train.pretrain_discriminator=1", "train.steps=1", "train.precision=float32",
		"data.synthetic=nyu:" + source + ",size=64x64", "data.real=simulated:hands,domain=real,n=6,size=64x64",
		"data.test=simulated:hands,domain=real,n=4,seed=4,size=64x64",
	})
	if err != nil {
		t.Fatal(err)
	}
	o := trainer.Options{Dir: run, Out: io.Discard, Teach: teachQuietly}
	if err := trainer.Run(context.Background(), config, o); err != nil {
		t.Fatal(err)
	}
	if _, err := RefineSet(context.Background(), RefineOptions{Run: run, Data: config.Data.Synthetic, Out: out, Variants: 1, Device: cgo.CPU, Progress: func(int, int) {}}); err != nil {
		t.Fatal(err)
	}
	refined, err := data.Open("nyu:" + out)
	if err != nil {
		t.Fatal(err)
	}
	s, err := refined.Sample(5)
	if err != nil || s.Image.Bits != 16 || s.Image.H != 64 || len(s.Label) != len(data.HandLabels) {
		t.Errorf("refined image %+v of %d labels: %v", s.Image.Bits, len(s.Label), err)
	}
	result, err := Hand(context.Background(), Options{
		Runs: []string{run}, Seeds: 2, Variants: 1, Out: io.Discard, Estimator: EstimatorConfig{Steps: 2, Batch: 4, LR: 1e-3, Width: 4, Device: cgo.CPU},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkLabelsOfHands(t, run)
	for name, f := range map[string]*HandFigures{"synthetic": result.Synthetic, "refined": result.Refined, "real": result.Real} {
		if f == nil || len(f.PerSeed) != 2 || !(f.MeanPx > 0 && f.MeanPx < 64) || !(f.MeanMM > 0 && f.MeanMM < 1000) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	text, err := json.Marshal(result)
	for _, key := range []string{`"task":"hand"`, `"pck_5px"`, `"mean_px"`, `"mean_mm"`, `"data":{"synthetic":"nyu:`, `"seeds":[1,2]`} {
		if err != nil || !strings.Contains(string(text), key) {
			t.Errorf("JSON lacks %s: %v", key, err)
		}
	}
	if _, err := Gaze(context.Background(), Options{Runs: []string{run}, Seeds: 1, Variants: 1, Out: io.Discard, Estimator: EstimatorConfig{Steps: 1, Batch: 1, LR: 1, Device: cgo.CPU}}); err == nil ||
		!strings.Contains(err.Error(), "eval gaze needs labels") {
		t.Errorf("eval gaze on hands: %v", err)
	}
}
