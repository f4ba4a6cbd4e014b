package turing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simgan/data/picture"
)

// The paper: 517 of 1000 answers correct, p = 0.148. By hand: 3 or 4 heads in 4 throws: 5/16.
func TestPValue(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want float64
	}{{517, 1000, 0.148}, {3, 4, 5.0 / 16}, {0, 4, 1}, {4, 4, 1.0 / 16}, {0, 0, 1}} {
		if got := atLeast(c.k, c.n); math.Abs(got-c.want) > 5e-4 {
			t.Errorf("%d of %d: p is %v, want %v", c.k, c.n, got, c.want)
		}
	}
}

// exam returns a test of n images without pixels: real, refined, real, ...
func exam(n int) *Test {
	t := &Test{Settings: Settings{N: n / 2}}
	for i := range n {
		t.Questions = append(t.Questions, Question{Truth: t.Choices()[i%2], Names: []string{"x.png"}})
	}
	return t
}

// An answer to an old question, an undo of one and an early finish change nothing.
func TestAnswersAndUndo(t *testing.T) {
	test := exam(4)
	said := func(question int, what string, want bool) {
		t.Helper()
		if taken, err := test.answer(question, what, time.Second); taken != want || err != nil {
			t.Errorf("question %d, %s: taken %t, %v", question, what, taken, err)
		}
	}
	said(0, "real", true)
	said(0, "refined", false)
	said(1, "real", true)
	if test.undo(1) || !test.undo(2) || test.Current() != 1 {
		t.Errorf("after an undo the question is %d", test.Current())
	}
	said(1, "refined", true)
	if _, err := test.answer(2, "maybe", 0); err == nil {
		t.Error("an unknown answer was taken")
	}
	said(2, "refined", true)
	if test.finish() {
		t.Error("finished early")
	}
	said(3, "refined", true)
	said(4, "real", false)
	if !test.finish() || test.undo(4) || test.finish() {
		t.Error("a finished test can be changed, or a full one not finished")
	}
	want := Result{4, 3, 5.0 / 16, map[string]map[string]int{
		"real": {"real": 1, "refined": 1}, "refined": {"real": 0, "refined": 2},
	}}
	got := test.result()
	got.PValue = math.Round(got.PValue*1e9) / 1e9
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if two := got.plus(got); two.Answers != 8 || two.Correct != 6 || two.Confusion["refined"]["refined"] != 4 {
		t.Errorf("two tests together: %+v", two)
	}
}

// Dark and bright images get one mean level; black and white stay, so a white image does.
func TestEqualBrightness(t *testing.T) {
	flat := func(levels ...uint16) shown {
		m := picture.NewImage(1, 10, 10, 8)
		for i := range m.Pix {
			m.Pix[i] = levels[i%len(levels)]
		}
		return shown{data: m}
	}
	images := []shown{flat(0, 20, 60, 255), flat(0, 120, 180, 255), flat(255)}
	equalBrightness(images)
	a, b := brightness(images[0].data, 1), brightness(images[1].data, 1)
	if math.Abs(a-b) > 0.004 || a < 0.5 { // half a level of rounding each
		t.Errorf("means are %v and %v", a, b)
	}
	for _, m := range images[:2] {
		if m.data.Pix[0] != 0 || m.data.Pix[3] != 255 {
			t.Errorf("black and white became %v", m.data.Pix[:4])
		}
	}
	if images[2].data.Pix[0] != 255 {
		t.Errorf("white became %d", images[2].data.Pix[0])
	}
}

// Every image is asked about once, with its own truth. Of a pair, the truth is the side of the real image.
func TestOrderAndSides(t *testing.T) {
	var images []shown
	for i := range 20 {
		m := picture.NewImage(1, 2, 2, 8)
		images = append(images, shown{string(rune('a' + i)), m, i < 10})
	}
	single, err := oneByOne(images, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, q := range single {
		seen[q.Names[0]] = true
		if (q.Names[0] <= "j") != (q.Truth == "real") {
			t.Errorf("%s is asked as %s", q.Names[0], q.Truth)
		}
	}
	pairs, err := inPairs(images, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string]int{}
	for _, q := range pairs {
		sides[q.Truth]++
		if (q.Names[0] <= "j") != (q.Truth == "left") || (q.Names[1] <= "j") == (q.Truth == "left") {
			t.Errorf("%v: the real one is said to be %s", q.Names, q.Truth)
		}
	}
	if len(seen) != 20 || len(pairs) != 10 || sides["left"] == 0 || sides["right"] == 0 {
		t.Errorf("%d images, %d pairs, sides %v", len(seen), len(pairs), sides)
	}
}
