// Package nvidia reads what the NVIDIA driver says of the machine's GPUs. It needs no CUDA.
package nvidia

import (
	"os"
	"path/filepath"
	"strings"
)

// Models lists the models of the machine's GPUs, as the driver names them; none without a driver.
func Models() []string {
	files, _ := filepath.Glob("/proc/driver/nvidia/gpus/*/information") // the pattern is right
	var models []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // gone since: the driver was unloaded
		}
		for line := range strings.Lines(string(text)) {
			if model, ok := strings.CutPrefix(line, "Model:"); ok {
				models = append(models, strings.TrimSpace(model))
			}
		}
	}
	return models
}
