package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"simgan/internal/cluster"
	"simgan/internal/exit"
	"simgan/internal/shellwords"
)

// Commands returns a shell line per trial, which trains the trial in full and evaluates it, for any queue or for
// parallel. program is the path of simgan. When the commands have finished, WriteResults reads what they left.
func (s *Sweep) Commands(program string) ([]string, error) {
	if err := s.independent(); err != nil {
		return nil, err
	}
	lines := make([]string, s.Trials)
	for k := range lines {
		t := s.newTrial(k, s.draw(k))
		on := slot{threads: s.Threads}
		lines[k] = shell(program, s.trainArgs(t, 0, on))
		if s.Objective.Evaluation != "" {
			lines[k] += " && " + shell(program, s.evalArgs(t, 0, on))
		}
		if s.Objective.Command != "" {
			printed := shell(filepath.Join(t.dir, commandFile(0)), nil)
			part := shell(filepath.Join(t.dir, commandFile(0)+".part"), nil)
			lines[k] += " && { " + s.Objective.line(t.dir) + "; } >" + part + " && mv " + part + " " + printed
		}
	}
	return lines, nil
}

// shell returns a command quoted for a POSIX shell.
func shell(program string, args []string) string {
	return shellwords.Join(append([]string{program}, args...)...)
}

// gpu reports whether trials need a GPU.
func (s *Sweep) gpu() bool {
	return strings.HasPrefix(s.base.Device, "cuda") || len(s.Devices) > 0 && strings.HasPrefix(s.Devices[0], "cuda")
}

func (s *Sweep) clusterThreads() int {
	if s.Threads > 0 {
		return s.Threads
	}
	return cluster.Threads
}

// Slurm returns a job-array script with a task per trial. It runs in the folder that it is submitted from.
func (s *Sweep) Slurm(program string) (string, error) {
	if err := s.independent(); err != nil {
		return "", err
	}
	array := fmt.Sprintf("0-%d", s.Trials-1)
	if s.given.Parallel > 0 {
		array += fmt.Sprintf("%%%d", s.given.Parallel)
	}
	gpu := "# For a GPU each, make this line #SBATCH --gres=gpu:1"
	if s.gpu() {
		gpu = "#SBATCH --gres=gpu:1"
	}
	collect := shell(program, []string{"sweep", "--dir", s.Dir, "--collect", s.Path})
	task := shell(program, []string{"sweep", "--dir", s.Dir})
	return strings.Join([]string{
		"#!/bin/sh",
		"# The trials of " + s.Path + " as an array of jobs. Submit it with sbatch in this folder; submitted again,",
		"# it continues what is not finished. When it has finished: " + collect,
		"#SBATCH --job-name=" + cluster.DNSName("sweep-", s.name()),
		"#SBATCH --array=" + array,
		"#SBATCH --ntasks=1",
		fmt.Sprintf("#SBATCH --cpus-per-task=%d", s.clusterThreads()),
		gpu,
		"#SBATCH --requeue",
		"# Two minutes before a time limit the trial is asked to save.",
		"#SBATCH --signal=B:TERM@120",
		`cd "$SLURM_SUBMIT_DIR" || exit 1`,
		"exec " + task + ` --trial "$SLURM_ARRAY_TASK_ID" ` + shell(s.Path, nil),
		"",
	}, "\n"), nil
}

// Kubernetes returns a manifest: a ConfigMap with the sweep's file, and an indexed Job with an index per trial. image
// is simgan's. The folders runs and data of the volume claim are mounted as /runs and /data.
func (s *Sweep) Kubernetes(image, claim string) ([]byte, error) {
	if err := s.independent(); err != nil {
		return nil, err
	}
	configMap, items, err := s.configMap()
	if err != nil {
		return nil, err
	}
	return cluster.Manifest("kubectl apply -f THIS. When the job is complete, in a pod with the same volumes: "+
		"simgan sweep --dir "+s.podDir()+" --collect FILE", configMap, s.job(image, claim, items))
}

type object = cluster.Object

// configMap returns the ConfigMap with the sweep's file and the config that the file names, and their places in the
// pod's /sweep.
func (s *Sweep) configMap() (object, []object, error) {
	sweep, err := os.ReadFile(s.Path)
	if err != nil {
		return nil, nil, err
	}
	files := object{"sweep.yaml": string(sweep)}
	items := []object{{"key": "sweep.yaml", "path": filepath.Base(s.Path)}}
	if config := s.given.Config; config != "" {
		if !filepath.IsLocal(config) {
			return nil, nil, exit.Usagef("%s: config %s is not below the file's folder, so it cannot lie beside it in a pod; "+
				"copy it there", s.Path, config)
		}
		text, err := os.ReadFile(s.Config)
		if err != nil {
			return nil, nil, err
		}
		files["base.yaml"] = string(text)
		items = append(items, object{"key": "base.yaml", "path": filepath.Clean(config)})
	}
	return object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": cluster.DNSName("sweep-", s.name())},
		"data": files,
	}, items, nil
}

// podDir returns the sweep's folder in a pod.
func (s *Sweep) podDir() string { return "/runs/" + filepath.Base(s.Dir) }

func (s *Sweep) job(image, claim string, items []object) object {
	name, threads := cluster.DNSName("sweep-", s.name()), strconv.Itoa(s.clusterThreads())
	resources := object{"cpu": threads, "memory": "8Gi"}
	if s.gpu() {
		resources["nvidia.com/gpu"] = "1"
	}
	container := object{
		"name": "trial", "image": image,
		"args": []string{
			"sweep", "--dir", s.podDir(), "--trial", "$(JOB_COMPLETION_INDEX)", "/sweep/" + filepath.Base(s.Path),
		},
		"env":       []object{{"name": "OMP_NUM_THREADS", "value": threads}},
		"resources": object{"limits": resources},
		"volumeMounts": []object{
			{"name": "sweep", "mountPath": "/sweep", "readOnly": true},
			{"name": "simgan", "mountPath": "/runs", "subPath": "runs"},
			{"name": "simgan", "mountPath": "/data", "subPath": "data"},
		},
	}
	pod := object{
		"restartPolicy":                 "Never",
		"terminationGracePeriodSeconds": 120, // to save
		"containers":                    []object{container},
		"volumes": []object{
			{"name": "sweep", "configMap": object{"name": name, "items": items}},
			{"name": "simgan", "persistentVolumeClaim": object{"claimName": claim}},
		},
	}
	spec := object{
		"completionMode": "Indexed", "completions": s.Trials, "parallelism": s.Trials,
		"backoffLimitPerIndex": 6, // evicted pods saved: the next one continues
		"maxFailedIndexes":     s.Trials,
		"podFailurePolicy": object{"rules": []object{{ // a trial that crashed would crash again
			"action": "FailIndex", "onExitCodes": object{"containerName": "trial", "operator": "In", "values": []int{1, 2}},
		}}},
		"template": object{"metadata": object{"labels": object{"app": name}}, "spec": pod},
	}
	if s.given.Parallel > 0 {
		spec["parallelism"] = s.given.Parallel
	}
	return object{"apiVersion": "batch/v1", "kind": "Job", "metadata": object{"name": name}, "spec": spec}
}
