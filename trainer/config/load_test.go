package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// A setting's value is the text after the =, whatever YAML would make of it.
func TestSetTakesValuesAsTheyAre(t *testing.T) {
	for _, path := range []string{
		"folder:/tmp/a #b", "folder:/tmp/#b", "#b", "folder:a: b", "folder:a:", "folder:a,grey=true", `folder:C:\n "x" #y`,
	} {
		c, err := Load("", "", []string{"data.real=" + path, "data.synthetic=folder:renders"})
		if err != nil || c.Data.Real != path {
			t.Errorf("%q: read as %q, %v", path, c.Data.Real, err)
		}
	}
}

// No problem of a setting names a line, because the user wrote no lines.
func TestProblemsOfSettingsNameNoLine(t *testing.T) {
	for _, setting := range []string{"train.stpes=3", "train.steps=many", "train.{=3", "train=3"} {
		_, err := Load("", "", []string{setting})
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "--set "+setting+": ") ||
			strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestInfiniteValuesAreRefused(t *testing.T) {
	for _, key := range []string{"train.lambda", "train.lr_refiner", "train.lr_discriminator", "train.r1", "discriminator.width"} {
		for _, value := range []string{".inf", ".nan"} {
			if _, err := Load("", "", []string{key + "=" + value}); !errors.Is(err, exit.ErrUsage) ||
				!strings.Contains(err.Error(), key) {
				t.Errorf("%s=%s: %v", key, value, err)
			}
		}
	}
}

func TestASecondDocumentIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "two.yaml")
	for text, want := range map[string]string{"---\nseed: 2\n": "", "seed: 2\n---\nseed: 3\n": file + ": holds more than one YAML document", "---\n---\nseed: 3\n": "more than one"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load("", file, nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestConfigProblemsAreNamedAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("seed: 1\ntrain:\n  stepps: 5\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load("", file, nil); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "line 3") ||
		!strings.Contains(err.Error(), "stepps") {
		t.Errorf("unknown key: %v", err)
	}
	_, err := Load(
		"",
		"",
		[]string{"train.k_g=0", "train.lambda=-1", "train.batch=7", "train.psi=x", "refiner.padding=wrap"},
	)
	for _, want := range []string{"train.k_g is 0", "train.lambda is -1", "train.batch is 7", `train.psi is "x"`, `refiner.padding is "wrap"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	for _, bad := range []string{"train.nothing=1", "novalue", "train.steps=many"} {
		if _, err := Load("", "", []string{bad}); !errors.Is(err, exit.ErrUsage) {
			t.Errorf("--set %s: %v", bad, err)
		}
	}
	if _, err := Load("nothing", "", nil); err == nil || !strings.Contains(err.Error(), "gaze-demo") {
		t.Errorf("unknown preset: %v", err)
	}
}

// The built-in test images are no test for a model that is made for other real images.
func TestTestImagesBelongToTheRealOnes(t *testing.T) {
	own, builtIn := "folder:photos", "simulated:eyes,domain=real,n=9"
	for _, c := range []struct{ settings, want string }{
		{"data.real=" + own, ""},
		{"data.real=" + builtIn, Default().Data.Test},
		{"data.real=" + own + " data.test=" + builtIn, builtIn},
	} {
		config, err := Load("gaze", "", append(strings.Fields(c.settings), "data.synthetic=folder:renders"))
		if err != nil || config.Data.Test != c.want {
			t.Errorf("%s: data.test is %q, %v; want %q", c.settings, config.Data.Test, err, c.want)
		}
	}
}

func TestPresetsLoad(t *testing.T) {
	for preset, batch := range map[string]int{"gaze": 64, "gaze-demo": 32, "gaze-paper-v1": 512, "gaze-paper-v2": 512, "hand": 16, "hand-demo": 16, "hand-paper": 16} {
		c, err := Load(preset, "", nil)
		if err != nil || c.Train.Batch != batch {
			t.Errorf("%s: batch %d, %v", preset, c.Train.Batch, err)
		}
	}
}

// Choices that do not exist are reported with their lines, all of them, beside values out of range.
func TestUnknownChoicesAreAllNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	text := "train:\n  psi: pixels\n  optimizer: adamw\n  k_g: 0\nrefiner:\n  noise: {kind: white}\ndata:\n  resident: on\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load("", file, nil)
	for _, want := range []string{
		file + `: line 2: train.psi is "pixels"; use identity, derivatives, mean, learned`,
		`line 3: train.optimizer is "adamw"; use sgd, adam`, `line 6: refiner.noise.kind is "white"`, "train.k_g is 0",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if c, err := Load("", "", []string{"data.resident=on", "train.precision=bfloat16"}); err != nil ||
		c.Data.Resident != ResidentOn || c.Train.Precision != BFloat16 {
		t.Errorf("%+v, %v", c, err)
	}
}

// A set of the user's beside a built-in one that nobody named is an error that names the missing key.
func TestOneOwnSetIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("data: {synthetic: \"folder:renders\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ preset, file, settings, want string }{
		{"", "", "data.synthetic=folder:a", "data.real is not set"},
		{"hand-demo", "", "data.real=folder:a", "data.synthetic is not set"},
		{"gaze", file, "", "data.real is not set and would be the built-in simulated:eyes,domain=real"},
		{"gaze", file, "data.real=folder:photos", ""},
		{"gaze", file, "data.real=simulated:eyes,domain=real", ""},
		{"gaze", "", "data.real=simulated:eyes,domain=real,n=9", ""},
		{"gaze", "", "data.synthetic=folder:a data.real=folder:b", ""},
	} {
		_, err := Load(c.preset, c.file, strings.Fields(c.settings))
		if (err == nil) != (c.want == "") || err != nil && !(strings.Contains(err.Error(), c.want) && errors.Is(err, exit.ErrUsage)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Every whole number has a highest value, and the message names it.
func TestNumbersHaveBounds(t *testing.T) {
	for _, key := range []string{
		"train.steps", "train.batch", "train.k_g", "train.k_d", "train.pretrain_refiner", "train.pretrain_discriminator",
		"train.history", "train.r1_every", "refiner.blocks", "refiner.width", "refiner.kernel", "refiner.block_kernel",
		"refiner.noise.grid", "refiner.noise.coarse", "refiner.noise.constants", "discriminator.width", "data.workers",
		"data.skip_bad", "threads", "log.every", "log.samples_every", "log.checkpoint_every", "log.keep", "guard.patience",
		"guard.warn_after",
	} {
		_, err := Load("", "", []string{key + "=9223372036854775807"})
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), key+" is 9") ||
			!strings.Contains(err.Error(), "at most") {
			t.Errorf("%s: %v", key, err)
		}
	}
	c := Default()
	if err := c.Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
}

// A run of an older version continues as it began, without l_label and l_div, which a new one has.
func TestLoadRunOfAnOlderVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("train: {steps: 7}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := LoadRun(file, []string{"train.steps=9"})
	if err != nil || c.Train.Agreement != 0 || c.Train.Diversity != 0 || c.Train.Steps != 9 {
		t.Errorf("agreement %v, diversity %v, %d steps, %v", c.Train.Agreement, c.Train.Diversity, c.Train.Steps, err)
	}
	if c, err := LoadRun(file, []string{"train.agreement=0.5"}); err != nil || c.Train.Agreement != 0.5 {
		t.Errorf("asked for: %v, %v", c.Train.Agreement, err)
	}
	if c, err := Load("", file, nil); err != nil || c.Train.Agreement == 0 || c.Train.Diversity == 0 {
		t.Errorf("a new run: %v, %v, %v", c.Train.Agreement, c.Train.Diversity, err)
	}
}
