// Command torture ends training runs in every way that a machine can, resumes them, and compares the bytes with a run
// that nobody disturbed. It prints its seed: the same seed disturbs in the same way.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// torture is what the scenarios share.
type torture struct {
	simgan string // the program
	source string // the checkout's folder
	dir    string // of all runs
	random *rand.Rand
	want   map[string]string // files of the undisturbed run's last checkpoint, by hash
	lines  int               // that it printed
	first  time.Duration     // that the latest process took to print its first line
	runs   int

	launcher []string // words before train, if several processes train together
}

// scenario disturbs a run in one way and returns how often.
type scenario struct {
	name string
	do   func(*torture, int) (int, error)
}

var scenarios = []scenario{
	{"SIGKILL at a random moment", (*torture).randomKills},
	{"SIGKILL at a rename", (*torture).renameKills},
	{"SIGTERM, SIGINT, SIGHUP, SIGUSR1", (*torture).signals},
	{"SIGSTOP and SIGCONT", (*torture).pauses},
	{"disk full (of bytes or of files)", (*torture).fullDisks},
	{"files of limited size", limits("-f", "0", "1", "8", "40", "200")},
	{"too few open files", limits("-n", "4", "8", "12", "20")},
	{"too little memory", limits("-v", "50000", "500000", "1500000")},
	{"two processes in one run", (*torture).rivals},
	{"SIGKILL of one of two processes", (*torture).processKills},
	{"a clock that jumps", (*torture).clock},
	{"names of every printable character", (*torture).names},
}

func main() {
	t := &torture{}
	kills := flag.Int("kills", 200, "SIGKILLs at random moments; the other scenarios are shorter")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of all random moments")
	only := flag.String("only", "", "scenarios whose names hold this text")
	flag.StringVar(&t.simgan, "simgan", "build/simgan", "the program")
	flag.Parse()
	if err := t.run(*seed, *kills, *only); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func (t *torture) run(seed uint64, kills int, only string) (err error) {
	fmt.Printf("seed %d (torture -seed %[1]d does the same again)\n", seed)
	if t.simgan, err = filepath.Abs(t.simgan); err != nil {
		return err
	}
	if t.source, err = os.Getwd(); err != nil {
		return err
	}
	if t.dir, err = os.MkdirTemp("", "torture"); err != nil {
		return err
	}
	t.random = rand.New(rand.NewPCG(seed, 0))
	if err := t.reference(); err != nil {
		return err
	}
	failed := 0
	for _, s := range scenarios {
		if !strings.Contains(s.name, only) {
			continue
		}
		start := time.Now()
		n, err := s.do(t, kills)
		verdict := "same bytes"
		if err != nil {
			verdict = "FAILED: " + err.Error()
			failed++
		}
		fmt.Printf("%-36s %4d times, %4.0f s: %s\n", s.name, n, time.Since(start).Seconds(), verdict)
	}
	if failed > 0 {
		return fmt.Errorf("%d scenarios failed with seed %d; their runs are in %s", failed, seed, t.dir)
	}
	return os.RemoveAll(t.dir)
}
