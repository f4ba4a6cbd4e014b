package turing

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"simgan/data/picture"
	"simgan/data/simulate"
)

// browser starts a headless Chromium, or skips the test if there is none.
func browser(t *testing.T) context.Context {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// eyes returns a test of n built-in eyes of each domain.
func eyes(t *testing.T, n int, pairs bool) *Test {
	test := &Test{Settings: Settings{N: n, Pairs: pairs}}
	var images []shown
	for i := range 2 * n {
		e := simulate.NewEye(simulate.Domain(1-i/n), 5, i)
		images = append(images, shown{"x.png", picture.FromLevels(1, 35, 55, 8, e.Crop(35, 55)), i < n})
	}
	equalBrightness(images)
	for i := range n {
		var err error
		if pairs {
			test.Questions, err = add(test.Questions, "left", images[i], images[n+i])
		} else if test.Questions, err = add(test.Questions, "real", images[i]); err == nil {
			test.Questions, err = add(test.Questions, "refined", images[n+i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return test
}

// A person answers by keys and buttons, double clicks, reloads, goes back and undoes, on a desktop and on a phone. Each
// answer counts once, and nothing is wider than the screen. -artifacts keeps the screenshots.
func TestInABrowser(t *testing.T) {
	ctx := browser(t)
	for _, c := range []struct {
		width, height int64
		pairs, dark   bool
	}{{1280, 800, false, false}, {390, 844, false, true}, {390, 844, true, false}, {1280, 800, true, true}} {
		t.Run(fmt.Sprintf("%d pairs=%t", c.width, c.pairs), func(t *testing.T) {
			test := eyes(t, 2, c.pairs)
			v, s := site(t, test, kept)
			v.pause = pause
			v.pool = Pool{Tests: 3, Result: Result{Answers: 300, Correct: 160, PValue: 0.13}}
			h := &hand{t, ctx, fmt.Sprintf("%d-pairs-%t", c.width, c.pairs)}
			scheme := map[bool]string{false: "light", true: "dark"}[c.dark]
			h.does(chromedp.EmulateViewport(c.width, c.height))
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			if err != nil {
				t.Fatal(err)
			}
			h.does(chromedp.Navigate(s.URL + "/secret/"))
			h.sees(0)
			h.shoots("question")
			h.answers(test)
		})
	}
}

// answers goes through a test with a person's mistakes.
func (h *hand) answers(test *Test) {
	h.t.Helper()
	first := chromedp.CSS(`button[data-keys~="1"]`)
	result := chromedp.WaitReady(chromedp.CSS(`body[data-state="result"]`))
	h.does(chromedp.KeyEvent(kb.ArrowLeft))
	h.sees(1)
	h.does(chromedp.Reload())
	h.sees(1)
	if len(test.Questions) > 2 {
		h.doubleClicks(`button[data-keys~="2"]`)
		h.sees(2)
		h.does(chromedp.NavigateBack())
		h.sees(2)
		h.does(chromedp.KeyEvent("u"))
		h.sees(1)
		h.does(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)) // the first button, by keyboard alone
		h.sees(2)
		h.does(chromedp.Click(first))
		h.sees(3)
		h.shoots("last")
	}
	h.does(chromedp.KeyEvent("2"))
	h.sees(len(test.Questions))
	h.shoots("end")
	h.does(chromedp.KeyEvent(kb.Enter), result)
	h.shoots("result")
	h.does(chromedp.Reload(), result)
	var said []string
	for _, a := range test.Answers {
		said = append(said, a.Said)
	}
	c := test.Choices()
	want := []string{c[0], c[1]}
	if len(test.Questions) > 2 {
		want = []string{c[0], c[0], c[0], c[1]}
	}
	if strings.Join(said, " ") != strings.Join(want, " ") || !test.Done {
		h.t.Errorf("the answers are %v, want %v; done %t", said, want, test.Done)
	}
}

// hand is a person at a browser.
type hand struct {
	t    *testing.T
	ctx  context.Context
	name string // of the screenshots
}

// pause is the page's. A person is slower.
const pause = 100 * time.Millisecond

func (h *hand) does(actions ...chromedp.Action[chromedp.Void]) {
	h.t.Helper()
	if err := chromedp.Do(h.ctx, actions...); err != nil {
		h.t.Fatal(err)
	}
}

// doubleClicks presses the mouse twice at the middle of an element, whatever is there the second time.
func (h *hand) doubleClicks(selector string) {
	h.t.Helper()
	at, err := chromedp.Run(h.ctx, chromedp.Evaluate[[2]float64](`(() => {
		const box = document.querySelector('`+selector+`').getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`))
	if err != nil {
		h.t.Fatal(err)
	}
	h.does(chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
}

// sees waits for a question, and checks that it stays, that nothing is wider than the screen, that images are whole
// multiples of their pixels, and that every button is in view.
func (h *hand) sees(question int) {
	h.t.Helper()
	there := chromedp.WaitReady(chromedp.CSS(fmt.Sprintf(`body[data-question="%d"]`, question)))
	h.does(there)
	time.Sleep(pause) // a second half of a double click would have been taken by now
	h.does(there)
	bad, err := chromedp.Run(h.ctx, chromedp.Evaluate[string](`(() => {
		if (document.documentElement.scrollWidth > innerWidth) return "wider than the screen";
		for (const m of document.images)
			if (!m.complete || !m.naturalWidth || m.width % m.naturalWidth || m.width < 110) return "image " + m.width;
		for (const b of document.querySelectorAll("button")) {
			const box = b.getBoundingClientRect();
			if (box.bottom > innerHeight || box.height < 44) return "button " + b.innerText;
		}
		return "";
	})()`))
	if err != nil || bad != "" {
		h.t.Errorf("question %d: %s %v", question, bad, err)
	}
}

func (h *hand) shoots(what string) {
	h.t.Helper()
	file, err := chromedp.Run(h.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		h.t.Fatal(err)
	}
	path := filepath.Join(h.t.ArtifactDir(), h.name+"-"+what+".png")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		h.t.Fatal(err)
	}
}
