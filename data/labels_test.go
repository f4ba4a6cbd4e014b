package data

import (
	"path/filepath"
	"strings"
	"testing"
)

// NaN or infinity would spread to every figure that is computed from it.
func TestLabelsMustBeFinite(t *testing.T) {
	for _, cell := range []string{"NaN", "Inf", "-inf"} {
		path := filepath.Join(t.TempDir(), "labels.csv")
		write(t, path, "file,x,y\na.png,1,2\nb.png,3,"+cell+"\n")
		_, err := readLabels(path)
		if want := path + ": line 3: column y: \"" + cell + "\" is not a finite number"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A value may be missing in a column of texts, where it is an empty text, but not in one of numbers. JSON's null is a
// missing value. The first value decides what a column holds, wherever it stands.
func TestMissingLabels(t *testing.T) {
	dir := t.TempDir()
	const row, noX = `{"file": "b.png", "class": "left", "x": 2}`, "column x: has no value"
	for _, c := range []struct{ name, text, want string }{
		{"labels.csv", "file,class,x\na.png,,1\nb.png,left,2\n", ""},
		{"labels.jsonl", `{"file": "a.png", "class": null, "x": 1}` + "\n" + row, ""},
		{"labels.csv", "file,class,x\na.png,left,\nb.png,left,2\n", "line 2: " + noX},
		{"labels.jsonl", `{"file": "a.png", "class": "", "x": null}` + "\n" + row, "line 1: " + noX},
	} {
		path := filepath.Join(dir, c.name)
		write(t, path, c.text)
		l, err := readLabels(path)
		switch {
		case c.want != "":
			if err == nil || !strings.Contains(err.Error(), path+": "+c.want) {
				t.Errorf("%s: %v, want %s", c.text, err, c.want)
			}
		case err != nil:
			t.Errorf("%s: %v", c.text, err)
		case l.texts["a.png"][0] != "" || l.texts["b.png"][0] != "left" || l.values["b.png"][0] != 2:
			t.Errorf("%s: texts %v, values %v", c.text, l.texts, l.values)
		}
	}
}
