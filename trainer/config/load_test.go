package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simgan/internal/exit"
)

// A setting's value is what stands behind the =, whatever YAML would make of it.
func TestSetTakesValuesAsTheyAre(t *testing.T) {
	for _, path := range []string{"folder:/tmp/a #b", "folder:/tmp/#b", "#b", "folder:a: b", "folder:a,grey=true", `folder:C:\n "x" #y`} {
		c, err := Load("", "", []string{"data.real=" + path})
		if err != nil || c.Data.Real != path {
			t.Errorf("%q: read as %q, %v", path, c.Data.Real, err)
		}
	}
}

// No problem of a setting names a line: its user wrote none.
func TestProblemsOfSettingsNameNoLine(t *testing.T) {
	for _, setting := range []string{"train.stpes=3", "train.steps=many", "train.{=3", "train=3"} {
		_, err := Load("", "", []string{setting})
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "--set "+setting+": ") || strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestInfiniteValuesAreRefused(t *testing.T) {
	for _, key := range []string{"train.lambda", "train.lr_refiner", "train.lr_discriminator", "train.r1", "discriminator.width"} {
		for _, value := range []string{".inf", ".nan"} {
			if _, err := Load("", "", []string{key + "=" + value}); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), key) {
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
