// Package memory says how much memory (and disk) this process can still take, and refuses work that needs more. The
// kernel ends a process that takes more than there is, and with it everything that was not saved.
package memory

import (
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"simgan/internal/amount"
	"simgan/internal/exit"
)

// Free returns how many bytes of host memory the process can take without swapping: what the machine has, within the
// limits of the process's control groups and of ulimit -v.
func Free() int64 {
	return min(available("/proc/meminfo"), cgroupFree("/proc/self/cgroup", "/sys/fs/cgroup"), addressSpace())
}

// available reads MemAvailable; MaxInt64 if the kernel does not say.
func available(meminfo string) int64 {
	text, _ := os.ReadFile(meminfo)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == "MemAvailable:" {
			if kib, err := strconv.ParseInt(fields[1], 10, 53); err == nil {
				return kib << 10
			}
		}
	}
	return math.MaxInt64
}

// addressSpace returns how much ulimit -v leaves; MaxInt64 without a limit.
func addressSpace() int64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil || limit.Cur > math.MaxInt64 {
		return math.MaxInt64
	}
	text, _ := os.ReadFile("/proc/self/statm") // pages; the first field is the whole address space
	pages, _, _ := strings.Cut(string(text), " ")
	used, _ := strconv.ParseInt(pages, 10, 40)
	return max(0, int64(limit.Cur)-used*int64(os.Getpagesize()))
}

// Check refuses what would take more host memory than Free. The error is an exit.ErrUsage: what would take how much,
// and wayOut. bytes is a float64, so that no product of sizes overflows. What is small fits without a look.
func Check(what string, bytes float64, wayOut string) error {
	if bytes < small {
		return nil
	}
	return Fits(what, bytes, Free(), wayOut)
}

// small is the number of bytes below which Check asks nobody: it is called for each image and array.
const small = 64 << 20

// Fits is Check for memory of which free bytes are free, for instance a GPU's.
func Fits(what string, bytes float64, free int64, wayOut string) error {
	if bytes <= float64(free) {
		return nil
	}
	return exit.Usagef("%s would take %s of memory, of which %s are free; %s",
		what, amount.Bytes(bytes), amount.Bytes(free), wayOut)
}
