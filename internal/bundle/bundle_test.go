// Package bundle tests scripts/bundle.sh and the run.sh that it copies into the bundle, without a compiler or a torch.
package bundle

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write writes an executable file and makes its folders.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// bash runs a script with this environment only and returns its output.
func bash(t *testing.T, environment []string, args ...string) (string, error) {
	t.Helper()
	command := exec.Command("bash", args...)
	command.Env = append([]string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin"}, environment...)
	out, err := command.CombinedOutput()
	return string(out), err
}

const bundler, runner = "../../scripts/bundle.sh", "../../scripts/bundle-run.sh"

func TestSizeLimit(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "large"), strings.Repeat("x", 9000))
	if said, err := bash(t, []string{"BUNDLE_LIMIT=100000"}, bundler, "--size", dir); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	said, err := bash(t, []string{"BUNDLE_LIMIT=9000"}, bundler, "--size", dir)
	if err == nil || !strings.Contains(said, "too large: ") || !strings.Contains(said, "9000 large") {
		t.Errorf("%v: %s", err, said)
	}
}

// The bundle holds all its parts, and a missing library stops it. Here go only makes the files it is asked for, and
// strip copies.
func TestWhatGoesIn(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bin/go"), "#!/bin/bash\nwhile [ \"$1\" != -o ]; do shift; done\necho made >\"$2\"\n")
	write(t, filepath.Join(dir, "bin/strip"), "#!/bin/bash\nexec cp \"$4\" \"$3\"\n")
	for _, library := range []string{"libcgotorch.so", "libsimgan.so"} {
		write(t, filepath.Join(dir, "cuda", library), "")
	}
	bundle := filepath.Join(dir, "bundle")
	environment := []string{
		"PATH=" + dir + "/bin:/usr/bin:/bin",
		"CGO_LDFLAGS=-L" + dir + "/cuda -Wl,-rpath,/elsewhere -lsimgan",
	}
	said, err := bash(t, environment, bundler, bundle)
	if err == nil || !strings.Contains(said, "no libsimgan_cuda.so") {
		t.Errorf("without libsimgan_cuda.so: %v: %s", err, said)
	}
	write(t, filepath.Join(dir, "cuda/libsimgan_cuda.so"), "")
	if said, err := bash(t, environment, bundler, bundle); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	want := []string{
		"run.sh", "simgan", "parity.py", "lib/libcgotorch.so", "lib/libsimgan.so", "lib/libsimgan_cuda.so",
		"tests/trainer/simgan/testdata/steps_adam.safetensors",
	}
	tested := gpuTests(t)
	if len(tested) < 3 {
		t.Fatalf("packages with GPU tests: %v", tested)
	}
	for _, folder := range tested {
		want = append(want, "tests/"+folder+"/run.test")
	}
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(bundle, name)); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(filepath.Join(bundle, "run.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("run.sh cannot be run: %v", err)
	}
}

// gpuTests returns the folders of the repository that hold GPU tests.
func gpuTests(t *testing.T) (folders []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, "_gpu_test.go") {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

// machine makes a bundle with the given program and a Python that reports a torch of the version.
func machine(t *testing.T, version, simgan string) (run string, environment []string) {
	t.Helper()
	dir := t.TempDir()
	script, err := os.ReadFile(runner)
	if err != nil {
		t.Fatal(err)
	}
	run = write(t, filepath.Join(dir, "bundle/run.sh"), string(script))
	write(t, filepath.Join(dir, "bundle/simgan"), "#!/bin/bash\n"+simgan)
	write(t, filepath.Join(dir, "site/torch/lib/libtorch_cpu.so"), "")
	write(t, filepath.Join(dir, "site/torch/lib/libc10_cuda.so"), "needs libcudart.so.13")
	write(t, filepath.Join(dir, "site/nvidia/cu13/lib/libcudart.so.13"), "")
	python := write(t, filepath.Join(dir, "python"),
		"#!/bin/bash\n[ -n '"+version+"' ] || exit 1\necho '"+version+"' "+dir+"/site/torch\n")
	return run, []string{"PYTHON=" + python, "OUT=" + dir + "/out", "LD_LIBRARY_PATH=/own"}
}

func TestTorchIsFoundAndGoesFirst(t *testing.T) {
	run, environment := machine(t, "2.11.0", `echo "$LD_LIBRARY_PATH" "$@"`)
	said, err := bash(t, environment, run, "simgan", "version")
	dir := filepath.Dir(filepath.Dir(run))
	paths := []string{dir + "/bundle/lib", dir + "/site/torch/lib", dir + "/site/nvidia/cu13/lib", "/own"}
	want := strings.Join(paths, ":") + " version\n"
	if err != nil || said != want {
		t.Errorf("%v: %q, want %q", err, said, want)
	}
	if said, err := bash(t, environment, run, "where"); err != nil || said != dir+"/site/torch\n" {
		t.Errorf("where: %v: %s", err, said)
	}
}

func TestOtherTorchIsRefused(t *testing.T) {
	for version, want := range map[string]string{"2.10.0": "has torch 2.10.0, not 2.11.0", "": "has no torch"} {
		run, environment := machine(t, version, "")
		if said, err := bash(t, environment, run, "where"); err == nil || !strings.Contains(said, want) {
			t.Errorf("%q: %v: %s", version, err, said)
		}
	}
}

// A torch for CUDA 12 has the same version, but libsimgan_cuda.so does not load with it.
func TestTorchForCUDA12IsRefused(t *testing.T) {
	run, environment := machine(t, "2.11.0", "")
	write(t, filepath.Join(filepath.Dir(filepath.Dir(run)), "site/torch/lib/libc10_cuda.so"), "needs libcudart.so.12")
	if said, err := bash(t, environment, run, "where"); err == nil || !strings.Contains(said, "is not for CUDA 13") {
		t.Errorf("%v: %s", err, said)
	}
}

// A check that fails does not end the others, and decides the exit code.
func TestChecksGoOn(t *testing.T) {
	run, environment := machine(t, "2.11.0", `[ "$1" != train ] || { echo broken; exit 1; }`)
	said, err := bash(t, environment, run, "check", "train", "doctor")
	if err == nil || !strings.Contains(said, "FAILED  train") || !strings.Contains(said, "broken") ||
		!strings.Contains(said, "ok      doctor") {
		t.Errorf("%v: %s", err, said)
	}
	if said, err := bash(t, environment, run, "check", "doctor"); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	said, err = bash(t, environment, run, "check", "doctor", "nothing")
	if err == nil || !strings.Contains(said, "no check is called nothing") || strings.Contains(said, "ok ") {
		t.Errorf("%v: %s", err, said)
	}
	// All of that leaves one text and no folders.
	out := filepath.Join(filepath.Dir(filepath.Dir(run)), "out")
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1 || entries[0].Name() != "check.txt" {
		t.Fatalf("%v, %v", entries, err)
	}
	text, err := os.ReadFile(filepath.Join(out, "check.txt"))
	if err != nil || !strings.Contains(string(text), "== train\nbroken\nFAILED  train") {
		t.Errorf("%v: %s", err, text)
	}
}

// trainings returns a simgan that leaves the metrics and the log of each run. L_R is 102 in the run called other and
// 100 in all others. Each log holds said.
func trainings(other, said string) string {
	return `[ "$1" = train ] || exit 0
while [ $# -gt 0 ]; do case $1 in --run) folder=$2 ;; esac; shift; done
loss=100; [ "${folder##*/}" != '` + other + `' ] || loss=102
mkdir -p "$folder"; echo "{\"L_R\":$loss,\"L_D\":5,\"images_per_second\":7}" >>"$folder/metrics.jsonl"
echo 'resident; ` + said + `' >"$folder/log.txt"`
}

// Recorded steps must end with the losses of other steps, and a resumed run with those of a run without a pause.
func TestChecksSeeOtherLosses(t *testing.T) {
	for _, c := range []struct{ other, failed string }{
		{"", ""}, {"graphs", "graphs"}, {"cut", "resume"}, {"resident", "resident"},
	} {
		run, environment := machine(t, "2.11.0", trainings(c.other, ""))
		said, err := bash(t, append(environment, "TMPDIR="+t.TempDir()), run, "check", "graphs", "resume", "resident")
		if (err == nil) != (c.failed == "") || strings.Count(said, "FAILED") != min(len(c.failed), 1) ||
			c.failed != "" && !strings.Contains(said, "FAILED  "+c.failed) {
			t.Errorf("%q: %v: %s", c.other, err, said)
		}
		if c.other == "graphs" && !strings.Contains(said, "L_R is 102 in graphs, 100 in eager") {
			t.Error(said)
		}
	}
}

// On a GPU the log of the paper's preset must mention the fused refiner and discriminator, and nothing that ended
// either.
func TestCheckFused(t *testing.T) {
	const both = "fused refiner: 1.8x faster; fused discriminator: 1.2x faster"
	for said, want := range map[string]string{
		both:                         both,
		"steps go on":                "does not mention the fused refiner",
		"fused refiner: 1.8x faster": "does not mention the fused discriminator",
		both + "; fused refiner off: out of memory": "fused refiner off: out of memory",
		both + "; fused discriminator off: no plan": "fused discriminator off: no plan",
		both + "; our kernels off: no NVRTC":        "our kernels off: no NVRTC",
	} {
		run, environment := machine(t, "2.11.0", trainings("", said))
		smi := write(t, filepath.Join(t.TempDir(), "nvidia-smi"), "#!/bin/sh\n")
		environment = append(environment, "TMPDIR="+t.TempDir(), "PATH="+filepath.Dir(smi)+":/usr/bin:/bin")
		out, err := bash(t, environment, run, "check", "fused")
		if right := said == want; right != (err == nil) || !strings.Contains(out, want) {
			t.Errorf("%s: %v: %s", said, err, out)
		}
	}
}

// The tests share one time limit, and what they report stands beside the result.
func TestCheckTests(t *testing.T) {
	run, environment := machine(t, "2.11.0", "")
	bundle := filepath.Dir(run)
	for folder, name := range map[string]string{"cgo": "cgo", "trainer/simgan": "simgan"} {
		script := "#!/bin/bash\necho \"--- PASS: Test" + name + "\"; echo \"$@\" >" + bundle + "/args-" + name + "\n"
		write(t, filepath.Join(bundle, "tests", folder, "run.test"), script)
	}
	said, err := bash(t, append(environment, "TESTS_SECONDS=77"), run, "check", "tests")
	args, _ := os.ReadFile(filepath.Join(bundle, "args-cgo"))
	if err != nil || !strings.Contains(said, "--- PASS: Testcgo") || !strings.Contains(said, "--- PASS: Testsimgan") ||
		!strings.Contains(string(args), "-test.timeout 7") {
		t.Errorf("%v: %s: %s", err, said, args)
	}
	said, err = bash(t, append(environment, "TESTS_SECONDS=0"), run, "check", "tests")
	if err == nil || !strings.Contains(said, "no time is left") {
		t.Errorf("%v: %s", err, said)
	}
}

// A single preset has its own files. Without a name all presets are measured.
func TestBenchPresets(t *testing.T) {
	run, environment := machine(t, "2.11.0", `echo "$@"`)
	smi := write(t, filepath.Join(t.TempDir(), "nvidia-smi"), "#!/bin/sh\n")
	environment = append(environment, "PATH="+filepath.Dir(smi)+":/usr/bin:/bin")
	for _, c := range []struct{ args, wants []string }{
		{
			[]string{"bench", "gaze"},
			[]string{"--preset gaze,train.batch=512 --rounds 2", "/out/bench-gpu-gaze.json", "/out/bench-gpu-gaze.md"},
		},
		{
			[]string{"bench"},
			[]string{"--preset gaze-paper-v1 --preset gaze,train.batch=512 --preset hand --rounds", "/out/bench-gpu.json"},
		},
	} {
		said, err := bash(t, environment, append([]string{run}, c.args...)...)
		for _, want := range c.wants {
			if err != nil || !strings.Contains(said, want) {
				t.Errorf("%v lacks %q: %v: %s", c.args, want, err, said)
			}
		}
	}
}

// bench is for GPUs only.
func TestBenchNeedsAGPU(t *testing.T) {
	if _, err := exec.LookPath("nvidia-smi"); err == nil {
		t.Skip("this machine has nvidia-smi")
	}
	run, environment := machine(t, "2.11.0", "")
	if said, err := bash(t, environment, run, "bench"); err == nil || !strings.Contains(said, "no GPU") {
		t.Errorf("%v: %s", err, said)
	}
}

// Every check that run.sh offers has a row in docs/dev/gpu-checks.md.
func TestChecksAreDocumented(t *testing.T) {
	script, err := os.ReadFile(runner)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/dev/gpu-checks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), "readonly CHECKS='")
	list, _, _ = strings.Cut(list, "'")
	names := strings.Fields(list)
	if !slices.Contains(names, "tests") {
		t.Fatalf("checks are %q", list)
	}
	for _, name := range names {
		if !strings.Contains(string(docs), "run.sh check "+name+"`") {
			t.Errorf("docs/dev/gpu-checks.md does not say run.sh check %s", name)
		}
	}
}
