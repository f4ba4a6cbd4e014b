package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// threaded is a program with a constructor and a thread, which exits with 3 if both ran.
const threaded = `
#include <pthread.h>
static int ran;
__attribute__((constructor)) static void construct(int argc, char **argv, char **envp) { ran = argc; }
static void *count(void *x) { ran += 2; return x; }
int main(void) {
  pthread_t t;
  pthread_create(&t, 0, count, 0);
  pthread_join(t, 0);
  return ran;
}
`

// A program linked with the files of old-glibc.sh asks for nothing newer than glibc 2.28, and its constructors and
// threads run. Linked plainly on a newer system it is refused by name.
func TestOldGlibc(t *testing.T) {
	if version, err := exec.Command("getconf", "GNU_LIBC_VERSION").Output(); err != nil || string(version) < "glibc 2.34" {
		t.Skipf("this machine's %q has no versions to avoid: %v", version, err)
	}
	const script = "../../scripts/old-glibc.sh"
	dir := t.TempDir()
	if said, err := bash(t, nil, script, dir); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	source, plain, old := filepath.Join(dir, "p.c"), filepath.Join(dir, "plain"), filepath.Join(dir, "old")
	if err := os.WriteFile(source, []byte(threaded), 0o644); err != nil {
		t.Fatal(err)
	}
	for program, options := range map[string][]string{
		plain: {"-pthread"},
		old:   {"-L" + dir, "-lold", "-l:libpthread.so.0", "-Wl,--wrap=__libc_start_main"},
	} {
		said, err := exec.Command("cc", append([]string{source, "-o", program}, options...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if err := exec.Command(program).Run(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("%s: %v, want exit status 3", filepath.Base(program), err)
		}
	}
	if said, err := bash(t, nil, script, "--check", old); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	said, err := bash(t, nil, script, "--check", old, plain)
	if err == nil || !strings.Contains(said, plain+": GLIBC_2.34 pthread_create\n") || strings.Contains(said, old+": ") {
		t.Errorf("%v: %s", err, said)
	}
}
