package eval

import (
	"errors"
	"io"
	"strings"
	"testing"

	"simgan/cgo"
	"simgan/data"
	"simgan/internal/exit"
	"simgan/models"
	"simgan/models/architecture"
	"simgan/trainer/config/tinyrun"
)

// tooMany versions of an image of 1 kB are 1 PB.
const tooMany = 1 << 40

// refused wants an error that ends with the way out.
func refused(t *testing.T, what string, err error, wayOut string) {
	t.Helper()
	if !errors.Is(err, exit.ErrUsage) || !strings.HasSuffix(err.Error(), "; "+wayOut) {
		t.Errorf("%s: %v; want: %s", what, err, wayOut)
	}
}

// noisy returns a refiner that takes noise.
func noisy(t *testing.T) refiner {
	t.Helper()
	if _, err := cgo.Start(0); err != nil {
		t.Fatal(err)
	}
	r, err := models.NewRefiner(architecture.Refiner{
		Width: 8, Blocks: 1, Kernel: 3, BlockKernel: 3, Padding: architecture.ReplicatePadding,
		Noise: architecture.Noise{Kind: architecture.PixelNoise},
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return refiner{r, 1}
}

// Versions that no machine has memory for are refused before they are made. One version of each image is the least:
// then only fewer images help.
func TestVersionsMustFit(t *testing.T) {
	d := set{&data.Batch{N: 1, C: 1, H: 1, W: 1024, Bits: 8, Levels: make([]byte, 1024), Index: make([]int, 1)}, 1}
	if err := d.checkFits(1000, ""); err != nil {
		t.Error(err)
	}
	const lower, fewer = "lower --variants", "give fewer images, or lower --steps or --batch"
	for variants, wayOut := range map[int]string{4: lower, 1: fewer} {
		s := &sources{options: Options{Variants: variants}}
		_, err := s.adapt(t.Context(), d, tooMany)
		refused(t, "adapted", err, wayOut)
	}
	_, err := d.degraded(t.Context(), tooMany, fewer)
	refused(t, "degraded", err, fewer)
	_, err = refineAll(t.Context(), noisy(t), d, Options{Variants: tooMany})
	refused(t, "refined", err, lower)
	s := &sources{options: Options{Variants: tooMany}, synthetic: d, refined: map[uint64]set{1: d}}
	_, err = s.mix(t.Context(), refiner{seed: 1})
	refused(t, "refined and adapted", err, lower)
}

// What has no --variants names what its user can change.
func TestTheWayOutIsOfTheCommand(t *testing.T) {
	r := noisy(t)
	const eyes, reals = "simulated:eyes,n=40", "simulated:eyes,domain=real,n=80"

	s, _, _, err := openLesson(t.Context(), tinyrun.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.adapt(t.Context(), s.synthetic, tooMany)
	refused(t, "train", err, "free some memory, or set train.agreement=0")

	o := realismOptions(t)
	o.Synthetic, o.Real, o.Only = eyes, reals, rowSynthetic
	o.Variants = 1
	of, err := prepareRealism(t.Context(), &o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = of.adapt(t.Context(), of.synthetic, tooMany)
	refused(t, "eval realism", err, "lower --images")
	_, err = of.other.degraded(t.Context(), tooMany, o.wayOut())
	refused(t, "eval realism's features", err, "lower --images")

	ds, err := data.Open(eyes)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	p, err := newPairs(t.Context(), ds, r, Options{Variants: 1, Out: io.Discard}, 10)
	if err != nil {
		t.Fatal(err)
	}
	p.options.Variants = tooMany
	_, err = refineAll(t.Context(), r, p.rendered, p.options)
	refused(t, "eval labels", err, "lower --n")
}
