package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Go asks the kernel for the time without the C library, so that no LD_PRELOAD can change it. Instead the program is
// built with a clock that is set every half second, to up to 300 days before or after the right time.
const (
	clockReads = "sec, nsec, mono := runtimeNow()"
	clockJumps = clockReads + "\n\tsec += (mono/5e8*5%7 - 3) * 86400 * 100"
)

// clock trains with a clock that jumps, asks the runs to stop and continues them.
func (t *torture) clock(kills int) (done int, err error) {
	right := t.simgan
	defer func() { t.simgan = right }()
	if t.simgan, err = t.buildWithClock(); err != nil {
		return 0, err
	}
	for done < max(3, kills/20) {
		if err := t.stopped(t.moment(), syscall.SIGTERM); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// buildWithClock builds the program of the folder that the torture was started in.
func (t *torture) buildWithClock() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src/time/time.go")
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(text), clockReads) {
		return "", fmt.Errorf("%s does not hold %q: this Go reads its clock in another way", source, clockReads)
	}
	changed, overlay := filepath.Join(t.dir, "time.go"), filepath.Join(t.dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), clockReads, clockJumps, 1)), 0o644); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, list, 0o644); err != nil {
		return "", err
	}
	program := filepath.Join(t.dir, "simgan-clock")
	build := exec.Command("go", "build", "-overlay", overlay, "-o", program, "./cmd/simgan")
	build.Dir = t.source
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: %w: %s", build, err, out)
	}
	return program, nil
}
