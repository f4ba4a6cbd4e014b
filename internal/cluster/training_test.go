package cluster

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var eight = Training{
	Name: "My run_3", Processes: 8, GPU: true, Threads: 6, Args: []string{"train", "--set", "data.real=folder:a b"},
	Config: []byte("seed: 3\n"),
}

// The script was run by Slurm 22.05 (docs/scaling.md); here is what it must say.
func TestSlurmOfATraining(t *testing.T) {
	script := eight.Slurm("/opt/simgan")
	for _, want := range []string{
		"#!/bin/sh\n", "\n#SBATCH --job-name=train-my-run-3\n", "\n#SBATCH --ntasks=8\n", "\n#SBATCH --cpus-per-task=6\n",
		"\n#SBATCH --gpus-per-task=1\n", "\n#SBATCH --signal=TERM@120\n",
		`exec srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --wait=60 /opt/simgan train --set 'data.real=folder:a b'` + "\n",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("the script lacks %q:\n%s", want, script)
		}
	}
}

// The manifest was checked against Kubernetes' schemas (docs/scaling.md); here is what it must say.
func TestKubernetesOfATraining(t *testing.T) {
	text, err := eight.Kubernetes("registry/simgan:1", "store")
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(string(text), "\n---\n")
	if len(documents) != 3 {
		t.Fatalf("%d documents: %s", len(documents), text)
	}
	var configMap, service, job map[string]any
	for i, into := range []*map[string]any{&configMap, &service, &job} {
		if err := yaml.Unmarshal([]byte(documents[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	if at(configMap, "data", "config.yaml") != "seed: 3\n" {
		t.Errorf("the ConfigMap is %v", configMap)
	}
	spec := at(job, "spec", "template", "spec")
	name := at(service, "metadata", "name")
	if at(service, "spec", "clusterIP") != "None" || at(spec, "subdomain") != name ||
		at(service, "spec", "selector", "app") != at(job, "spec", "template", "metadata", "labels", "app") {
		t.Errorf("the Service does not name the pods: %s", text)
	}
	container := at(spec, "containers").([]any)[0]
	values := map[any]any{}
	for _, e := range at(container, "env").([]any) {
		values[at(e, "name")] = at(e, "value")
	}
	if at(job, "spec", "completions") != 8 || at(job, "spec", "parallelism") != 8 || values["WORLD_SIZE"] != "8" ||
		values["MASTER_ADDR"] != "train-my-run-3-0.train-my-run-3" ||
		at(container, "resources", "limits", "nvidia.com/gpu") != "1" {
		t.Errorf("the Job is %s", documents[2])
	}
}

// at returns what is at a path of mappings.
func at(o any, path ...string) any {
	for _, key := range path {
		m, _ := o.(map[string]any)
		o = m[key]
	}
	return o
}
