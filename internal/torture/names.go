package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// awkward returns names that a shell, a pattern, YAML, a SPEC, a template or a page could read otherwise.
func awkward() []string {
	var ascii strings.Builder
	for c := rune(' '); c <= '~'; c++ {
		if c != '/' {
			ascii.WriteRune(c)
		}
	}
	return []string{ascii.String(), "-dash", "[a-z]", "a\\b", "\u00e9e\u0301", "\U0001f441", " end ", "#a: b", "'a,b'",
		"{{.}}<b>", "null", "\u202eabc"}
}

// names trains on a folder of images, packs it, refines it and writes the run's page. The names of all folders, which
// lie in the working folder, are awkward. The bytes are the undisturbed run's, whose images are the same.
func (t *torture) names(int) (done int, err error) {
	if err := os.Chdir(t.dir); err != nil {
		return 0, err
	}
	for _, name := range awkward() {
		if err := t.named(name); err != nil {
			return done, fmt.Errorf("%q: %w", name, err)
		}
		done++
	}
	return done, nil
}

func (t *torture) named(name string) error {
	eyes, real, pack, out := name+" eyes", name+" real", name+" pack", name+" refined"
	for _, args := range [][]string{
		{"simulate", "eyes", "--n", "40", "--out", eyes},
		{"simulate", "eyes", "--n", "40", "--domain", "real", "--out", real},
		{"pack", "--data", "folder:" + real, "--out", pack},
	} {
		if err := t.do(args...); err != nil {
			return err
		}
	}
	sets := []string{"data.synthetic=folder:" + eyes, "data.real=pack:" + pack}
	if err := t.stop(name, moment{t.lines / 2, 0.5}, syscall.SIGTERM, sets...); err != nil {
		return err
	}
	if err := t.finish(name, sets...); err != nil {
		return err
	}
	if err := t.do("refine", "--run", name, "--data", "folder:"+eyes, "--out", out, "--device", "cpu"); err != nil {
		return err
	}
	if err := t.do("report", "--run", name); err != nil {
		return err
	}
	for _, folder := range []string{eyes, real, pack, out} {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	return t.compare(name)
}

// do runs a command of the program.
func (t *torture) do(args ...string) error {
	if text, err := exec.Command(t.simgan, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %s", args, err, text)
	}
	return nil
}
