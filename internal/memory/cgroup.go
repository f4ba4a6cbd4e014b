package memory

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupFree returns how many more bytes the process's control groups, as set by containers and batch systems, allow
// it: MaxInt64 without a limit. proc is /proc/self/cgroup, root is /sys/fs/cgroup. A group's page cache counts as free,
// because the kernel drops it when memory is needed.
func cgroupFree(proc, root string) int64 {
	text, _ := os.ReadFile(proc) // it is absent on a kernel without control groups
	free := int64(math.MaxInt64)
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // "0::/path" of version 2, "4:memory:/path" of version 1
		if len(fields) != 3 {
			continue
		}
		top, limit, used, cache := root, "memory.max", "memory.current", ""
		switch fields[1] {
		case "":
		case "memory":
			top, limit, used, cache = filepath.Join(root, "memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
		default:
			continue
		}
		// A group's parents limit it too. In a container, only the top of a path from outside exists.
		for group := filepath.Join("/", fields[2]); ; group = filepath.Dir(group) {
			dir := filepath.Join(top, group)
			if most, ok := readNumber(filepath.Join(dir, limit)); ok {
				now, _ := readNumber(filepath.Join(dir, used))
				free = min(free, max(0, most-now+fileCache(filepath.Join(dir, "memory.stat"), cache)))
			}
			if group == "/" {
				break
			}
		}
	}
	return free
}

// readNumber reads a file with one number. ok is false if the file is absent or says "max".
func readNumber(path string) (n int64, ok bool) {
	text, _ := os.ReadFile(path)
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// fileCache returns how many bytes of a group's memory are pages of files.
func fileCache(stat, prefix string) (bytes int64) {
	file, err := os.Open(stat)
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if name == prefix+"active_file" || name == prefix+"inactive_file" {
			n, _ := strconv.ParseInt(value, 10, 64)
			bytes += n
		}
	}
	return bytes
}
