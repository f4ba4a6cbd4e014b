package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"simgan/data"
)

// block is a fenced block of a page: the language after the fence, and its lines.
var block = regexp.MustCompile("(?s)```(sh|python)\n(.*?)```")

// word is a word of a shell line, perhaps in double quotes.
var word = regexp.MustCompile(`"[^"]*"|\S+`)

// Every block of docs/after-training.md runs, in order, in a folder with renders, labelled pictures and a run. Blocks
// that compare with simgan's own refined images hold an assert.
func TestAfterTrainingPage(t *testing.T) {
	python := examplesPython(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/after-training.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	dots(t, "renders", 12)
	dots(t, "labelled", 6)
	t.Setenv("PATH", filepath.Dir(python)+":"+os.Getenv("PATH"))
	if err := os.Symlink(filepath.Join(root, "examples"), "examples"); err != nil {
		t.Fatal(err)
	}
	succeeds(t, "train", "--run", "runs/mine", "--device", "cpu", "--set", "data.synthetic=folder:renders", "--set",
		"data.real=folder:labelled,labels=none", "--set", "refiner.width=4", "--set", "refiner.blocks=2", "--set",
		"refiner.normalization=batch", "--set", "train.steps=1", "--set", "train.batch=4", "--set", "train.history=8",
		"--set", "train.pretrain_refiner=2", "--set", "train.pretrain_discriminator=1", "--set", "discriminator.width=0.1")
	blocks := block.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 9 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i, b := range blocks {
		if b[1] == "sh" {
			for line := range strings.Lines(strings.ReplaceAll(b[2], "\\\n", "")) {
				shell(t, strings.TrimSpace(line))
			}
			continue
		}
		program := fmt.Sprintf("block-%d.py", i)
		if err := os.WriteFile(program, []byte(b[2]), 0o644); err != nil {
			t.Fatal(err)
		}
		called(t, "python", program)
	}
	for _, path := range []string{"refined-by-onnx/dot 11.png", "refined.pack/labels.npy", "external.json"} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	called(t, "python", "examples/circles.py", "circles")
	if _, err := data.Open("folder:circles/renders"); err != nil {
		t.Error(err)
	}
	// The noise of the example is enlarged as PyTorch does.
	called(t, "python", "-c", `
import sys; sys.path.insert(0, "examples")
import numpy as np, torch, refine_onnx
grid = np.random.default_rng(1).standard_normal((2, 3, 4, 5))
want = torch.nn.functional.interpolate(torch.from_numpy(grid), (17, 23), mode="bilinear", align_corners=False)
assert np.abs(refine_onnx.enlarge(grid, 17, 23) - want.numpy()).max() < 1e-6`)
}

// examplesPython returns a Python with the packages of scripts/requirements-examples.txt, or skips the test.
func examplesPython(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("bash", "../../scripts/python-examples.sh", "--installed").Output()
	if err != nil {
		t.Skip("no Python has the packages of scripts/requirements-examples.txt; " +
			"bash scripts/python-examples.sh installs them")
	}
	return strings.TrimSpace(string(out))
}

// shell runs a line of a block: simgan in this process, another program as it is.
func shell(t *testing.T, line string) {
	t.Helper()
	words := word.FindAllString(line, -1)
	for i, w := range words {
		words[i] = strings.Trim(w, `"`)
	}
	if words[0] == "build/simgan" {
		succeeds(t, words[1:]...)
		return
	}
	called(t, words...)
}

func succeeds(t *testing.T, args ...string) {
	t.Helper()
	if code, text := simgan(args...); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, text)
	}
}

func called(t *testing.T, words ...string) {
	t.Helper()
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", words, err, out)
	}
}

// dots writes n coloured pictures of 16x24 with a dot, and its place as the labels x and y.
func dots(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"file", "x", "y", "name"}}
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, 24, 16))
		x, y := 2+i*5%20, 2+i*3%12
		for at := range 24 * 16 {
			m.Set(at%24, at/24, color.NRGBA{uint8(40 + at%50), 90, 60, 255})
		}
		for at := range 9 {
			m.Set(x+at%3-1, y+at/3-1, color.NRGBA{250, 200, 30, 255})
		}
		name := fmt.Sprintf("dot %d.png", i)
		var text bytes.Buffer
		if err := png.Encode(&text, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, []string{name, fmt.Sprint(x), fmt.Sprint(y), fmt.Sprintf("dot, %d", i)})
	}
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
