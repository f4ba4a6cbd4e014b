package memory

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// A group of 1000 bytes with 700 in use, of which 150 are pages of files, can give 450. The tightest parent counts.
func TestCgroupFree(t *testing.T) {
	for name, c := range map[string]struct {
		proc  string
		files map[string]string
		want  int64
	}{
		"none":     {"", nil, math.MaxInt64},
		"no limit": {"0::/a\n", map[string]string{"a/memory.max": "max\n"}, math.MaxInt64},
		"version 2": {"0::/a/b\n", map[string]string{
			"a/b/memory.max": "1000\n", "a/b/memory.current": "700\n",
			"a/b/memory.stat": "anon 550\nactive_file 100\ninactive_file 50\n",
		}, 450},
		"a parent's": {"0::/a/b\n", map[string]string{
			"a/memory.max": "300\n", "a/memory.current": "200\n", "a/b/memory.max": "max\n",
		}, 100},
		"a container's":  {"0::/\n", map[string]string{"memory.max": "1000\n", "memory.current": "400\n"}, 600},
		"over the limit": {"0::/\n", map[string]string{"memory.max": "100\n", "memory.current": "400\n"}, 0},
		"version 1": {"5:cpu,cpuacct:/a\n4:memory:/a\n", map[string]string{
			"memory/a/memory.limit_in_bytes": "1000\n", "memory/a/memory.usage_in_bytes": "700\n",
			"memory/a/memory.stat": "active_file 1\ntotal_active_file 100\ntotal_inactive_file 50\n",
		}, 450},
		"seen from under": {"4:memory:/docker/abc\n", map[string]string{
			"memory/memory.limit_in_bytes": "1000\n", "memory/memory.usage_in_bytes": "1\n",
		}, 999},
	} {
		root := t.TempDir()
		proc := filepath.Join(root, "cgroup")
		if err := os.WriteFile(proc, []byte(c.proc), 0o644); err != nil {
			t.Fatal(err)
		}
		for path, text := range c.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := cgroupFree(proc, root); got != c.want {
			t.Errorf("%s: %d bytes free, not %d", name, got, c.want)
		}
	}
}
