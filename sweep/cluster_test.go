package sweep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"simgan/internal/exit"
)

const clusterText = "preset: gaze-demo\nparameters: {train.lambda: {uniform: [0, 1]}}\ntrials: 12\nparallel: 4\n" +
	"threads: 2\ndevices: [cuda:0, cuda:1, cuda:2, cuda:3]\nobjective: {metric: l_reg, direction: minimise}\n"

func TestSlurmScript(t *testing.T) {
	s, _ := fake(t, clusterText)
	script, err := s.Slurm("/opt/my simgan")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"#!/bin/sh\n", "\n#SBATCH --array=0-11%4\n", "\n#SBATCH --cpus-per-task=2\n", "\n#SBATCH --gres=gpu:1\n",
		"\n#SBATCH --signal=B:TERM@120\n",
		"exec '/opt/my simgan' sweep --dir " + s.Dir + ` --trial "$SLURM_ARRAY_TASK_ID" ` + s.Path + "\n",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("the script lacks %q:\n%s", want, script)
		}
	}
}

// The manifest's form was checked against Kubernetes' own schemas by kubernetes-validate (docs/sweeps.md); here is what
// it must say.
func TestKubernetesManifest(t *testing.T) {
	s, _ := fake(t, clusterText)
	if err := os.WriteFile(filepath.Join(filepath.Dir(s.Path), "base.yaml"), []byte("seed: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.given.Config, s.Config = "base.yaml", filepath.Join(filepath.Dir(s.Path), "base.yaml")
	text, err := s.Kubernetes("registry/simgan:1", "store")
	if err != nil {
		t.Fatal(err)
	}
	var configMap struct {
		Data map[string]string
	}
	var job struct {
		Spec struct {
			CompletionMode           string
			Completions, Parallelism int
			Template                 struct {
				Spec struct {
					RestartPolicy string
					Containers    []struct {
						Image     string
						Args      []string
						Resources struct{ Limits map[string]string }
					}
				}
			}
		}
	}
	documents := strings.Split(string(text), "\n---\n")
	// Kubernetes writes camelCase, which Go's yaml matches in lower case only.
	lower := strings.NewReplacer(
		"completionMode",
		"completionmode",
		"restartPolicy",
		"restartpolicy",
	).Replace(
		documents[1],
	)
	err = errors.Join(yaml.Unmarshal([]byte(documents[0]), &configMap), yaml.Unmarshal([]byte(lower), &job))
	if err != nil {
		t.Fatal(err)
	}
	if configMap.Data["sweep.yaml"] != clusterText || configMap.Data["base.yaml"] != "seed: 3\n" {
		t.Errorf("the ConfigMap holds %q", configMap.Data)
	}
	spec := job.Spec
	if spec.CompletionMode != "Indexed" || spec.Completions != 12 || spec.Parallelism != 4 ||
		spec.Template.Spec.RestartPolicy != "Never" {
		t.Errorf("the Job is %+v", spec)
	}
	c := spec.Template.Spec.Containers[0]
	if c.Image != "registry/simgan:1" ||
		strings.Join(c.Args, " ") != "sweep --dir /runs/out --trial $(JOB_COMPLETION_INDEX) /sweep/s.yaml" ||
		c.Resources.Limits["nvidia.com/gpu"] != "1" {
		t.Errorf("the container is %+v", c)
	}
}

func TestTPEIsNoArray(t *testing.T) {
	s, o := fake(t, clusterText+"method: tpe\n")
	_, commands := s.Commands("simgan")
	_, slurm := s.Slurm("simgan")
	_, kubernetes := s.Kubernetes("i", "c")
	for _, err := range []error{commands, slurm, kubernetes, RunTrial(t.Context(), s, 0, o)} {
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "after the results of earlier ones") {
			t.Errorf("error is %v", err)
		}
	}
}
