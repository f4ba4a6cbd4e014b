// Package ranks reads from the environment which of several processes this one is, as PyTorch's launchers and Slurm set
// it. It knows no torch.
package ranks

import (
	"fmt"
	"strconv"
	"strings"

	"simgan/internal/exit"
)

// Place says which of several processes this one is, and where they meet.
type Place struct {
	Rank, Size int    // 0 <= Rank < Size
	Local      int    // number among the processes of this machine
	Host       string // of process 0
	Port       int
	Served     bool   // the launcher runs the store (torchrun), so process 0 does not
	Attempt    string // of a launcher that restarts its processes
}

// Several reports whether there is more than one process.
func (p Place) Several() bool { return p.Size > 1 }

// String names the process in messages.
func (p Place) String() string { return Name(p.Rank, p.Size) }

// Name names a process in messages.
func Name(rank, size int) string {
	return fmt.Sprintf("process %d of %d (ranks count from 0)", rank, size)
}

// Variables of PyTorch's launchers.
const (
	Rank      = "RANK"
	WorldSize = "WORLD_SIZE"
	LocalRank = "LOCAL_RANK"
	Address   = "MASTER_ADDR"
	Port      = "MASTER_PORT"
)

// Slurm's ports are taken from a range by the job's number, so that two jobs on a node do not meet.
const (
	firstPort = 29500
	portRange = 10000
)

// FromEnvironment returns the place that PyTorch's variables name, else Slurm's, else that of the only process. An
// exit.ErrUsage names what is missing or out of range.
func FromEnvironment(getenv func(string) string) (Place, error) {
	switch {
	case getenv(Rank) != "" || getenv(WorldSize) != "":
		return fromPyTorch(getenv)
	case getenv("SLURM_PROCID") != "" && isStep(getenv):
		return fromSlurm(getenv)
	}
	return Place{Size: 1}, nil
}

// isStep tells a process that srun started from a batch script itself, which has the variables of its whole job.
func isStep(getenv func(string) string) bool {
	return getenv("SLURM_JOB_ID") == "" || getenv("SLURM_STEP_ID") != ""
}

func fromPyTorch(getenv func(string) string) (p Place, err error) {
	if p.Rank, p.Size, err = rankAndSize(getenv, Rank, WorldSize); err != nil || !p.Several() {
		return p, err
	}
	if p.Local, err = number(getenv, LocalRank, 0, p.Size-1, p.Rank); err != nil {
		return p, err
	}
	if p.Host = getenv(Address); p.Host == "" {
		return p, exit.Usagef("%s=%d needs %s and %s too, the address of process 0 (simgan launch, torchrun and "+
			"PyTorchJob set them)", WorldSize, p.Size, Address, Port)
	}
	p.Served = getenv("TORCHELASTIC_USE_AGENT_STORE") == "True"
	p.Attempt = getenv("TORCHELASTIC_RESTART_COUNT")
	p.Port, err = number(getenv, Port, 1, 65535, firstPort)
	return p, err
}

func fromSlurm(getenv func(string) string) (p Place, err error) {
	size := "SLURM_NTASKS"
	if getenv("SLURM_STEP_NUM_TASKS") != "" {
		size = "SLURM_STEP_NUM_TASKS"
	}
	if p.Rank, p.Size, err = rankAndSize(getenv, "SLURM_PROCID", size); err != nil || !p.Several() {
		return p, err
	}
	if p.Local, err = number(getenv, "SLURM_LOCALID", 0, p.Size-1, p.Rank); err != nil {
		return p, err
	}
	job, err := strconv.Atoi(getenv("SLURM_JOB_ID"))
	if err != nil {
		job = 0
	}
	if p.Port, err = number(getenv, Port, 1, 65535, firstPort+job%portRange); err != nil {
		return p, err
	}
	if p.Host = getenv(Address); p.Host == "" {
		p.Host = firstHost(getenv("SLURM_STEP_NODELIST"), getenv("SLURM_JOB_NODELIST"))
	}
	p.Attempt = getenv("SLURM_STEP_ID")
	return p, nil
}

// firstHost returns the first node of the first list that is not empty: node1 of node[1-3,7],other. Without a list it
// is this machine.
func firstHost(lists ...string) string {
	for _, list := range lists {
		if list == "" {
			continue
		}
		if prefix, rest, ranges := strings.Cut(list, "["); ranges && !strings.Contains(prefix, ",") {
			inside, after, _ := strings.Cut(rest, "]")
			after, _, _ = strings.Cut(after, ",")
			return prefix + inside[:len(inside)-len(strings.TrimLeft(inside, "0123456789"))] + after
		}
		host, _, _ := strings.Cut(list, ",")
		return host
	}
	return "127.0.0.1"
}

func rankAndSize(getenv func(string) string, rank, size string) (r, n int, err error) {
	if n, err = number(getenv, size, 1, 1<<20, -1); err == nil {
		r, err = number(getenv, rank, 0, n-1, -1)
	}
	return r, n, err
}

// number reads a variable between two bounds. A missing one has the value absent, if that is not negative.
func number(getenv func(string) string, name string, low, high, absent int) (int, error) {
	text := getenv(name)
	if text == "" && absent >= 0 {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, exit.Usagef("environment: %s=%q; it is a number from %d to %d that the launcher of several processes sets "+
			"(unset it to train with one)", name, text, low, high)
	}
	return n, nil
}
