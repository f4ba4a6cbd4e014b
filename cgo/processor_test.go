package cgo

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// ATEN_CPU_CAPABILITY limits our kernels as it limits libtorch's. Limited to AVX2, Winograd's kernels compute the same
// bytes as with all instructions of this processor.
func TestProcessorLimits(t *testing.T) {
	if !HasWinograd() {
		t.Skip("this processor has no AVX2 or no FMA")
	}
	for limit, want := range map[string]string{
		"default": "winograd false, AMX false, bfloat16 false",
		"avx2":    "winograd true, AMX false, bfloat16 false",
		"":        fmt.Sprintf("winograd true, AMX %v, bfloat16 %v", HasAMX(), HasBFloat16(CPU)),
	} {
		again := exec.Command(os.Args[0], "-test.v", "-test.run", "^(TestPrintProcessor|TestWinogradBytes)$")
		again.Env = append(os.Environ(), "SIMGAN_PRINT_PROCESSOR=1")
		if limit != "" {
			again.Env = append(again.Env, "ATEN_CPU_CAPABILITY="+limit)
		}
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("ATEN_CPU_CAPABILITY=%s: %v, want %q in\n%s", limit, err, want, out)
		}
	}
}

// TestPrintProcessor prints, for TestProcessorLimits, what kernels this process may use.
func TestPrintProcessor(t *testing.T) {
	if os.Getenv("SIMGAN_PRINT_PROCESSOR") == "" {
		t.Skip("runs in TestProcessorLimits only")
	}
	fmt.Printf("winograd %v, AMX %v, bfloat16 %v\n", HasWinograd(), HasAMX(), HasBFloat16(CPU))
}
