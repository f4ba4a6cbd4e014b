package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"simgan/internal/ranks"
	"simgan/internal/shellwords"
)

// Training is a run that several processes train.
type Training struct {
	Name      string // of the job
	Processes int
	GPU       bool     // one for each process
	Threads   int      // of each process
	Args      []string // of simgan: train ...
	Config    []byte   // Kubernetes: mounted as ConfigFile
}

// ConfigFile is the config in a pod.
const ConfigFile = "/config/config.yaml"

// podPort is free in every pod.
const podPort = "29500"

// Slurm returns a script for sbatch. It runs in the folder that it is submitted from.
func (t Training) Slurm(program string) string {
	gpu := "# For a GPU each, make this line #SBATCH --gpus-per-task=1"
	if t.GPU {
		gpu = "#SBATCH --gpus-per-task=1"
	}
	return strings.Join([]string{
		"#!/bin/sh",
		fmt.Sprintf("# %d processes train one run. Submit it with sbatch in this folder; submitted again, it continues.",
			t.Processes),
		"#SBATCH --job-name=" + DNSName("train-", t.Name),
		fmt.Sprintf("#SBATCH --ntasks=%d", t.Processes),
		fmt.Sprintf("#SBATCH --cpus-per-task=%d", t.Threads),
		gpu,
		"#SBATCH --requeue",
		"# Two minutes before a time limit the processes are asked to save.",
		"#SBATCH --signal=TERM@120",
		`cd "$SLURM_SUBMIT_DIR" || exit 1`,
		`export OMP_NUM_THREADS="$SLURM_CPUS_PER_TASK"`,
		"# If one process ends, the others say why and end, too; after a minute Slurm ends them.",
		`exec srun --cpus-per-task="$SLURM_CPUS_PER_TASK" --wait=60 ` +
			shellwords.Join(append([]string{program}, t.Args...)...),
		"",
	}, "\n")
}

// Kubernetes returns a manifest: a ConfigMap with the config, a headless Service by which the pods find the first, and
// an indexed Job with a pod per process. The folders runs and data of the volume claim are mounted as /runs and /data.
func (t Training) Kubernetes(image, claim string) ([]byte, error) {
	name := DNSName("train-", t.Name)
	label := Object{"app": name}
	configMap := Object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": Object{"name": name},
		"data": Object{"config.yaml": string(t.Config)},
	}
	service := Object{
		"apiVersion": "v1", "kind": "Service", "metadata": Object{"name": name},
		"spec": Object{"clusterIP": "None", "selector": label, "publishNotReadyAddresses": true},
	}
	job := Object{
		"apiVersion": "batch/v1", "kind": "Job", "metadata": Object{"name": name},
		"spec": Object{
			"completionMode": "Indexed", "completions": t.Processes, "parallelism": t.Processes,
			// If a pod is lost, all end and come again, and continue from the last checkpoint.
			"backoffLimit": 6 * t.Processes,
			"podFailurePolicy": Object{"rules": []Object{
				{"action": "FailJob", "onExitCodes": Object{"containerName": "train", "operator": "In", "values": []int{2, 3}}},
				{"action": "Ignore", "onPodConditions": []Object{{"type": "DisruptionTarget", "status": "True"}}},
			}},
			"template": Object{"metadata": Object{"labels": label}, "spec": t.pod(name, image, claim)},
		},
	}
	return Manifest("kubectl apply -f THIS; applied again after kubectl delete job/"+name+", it continues the run.",
		configMap, service, job)
}

func (t Training) pod(name, image, claim string) Object {
	threads := strconv.Itoa(t.Threads)
	limits := Object{"cpu": threads, "memory": "8Gi"}
	if t.GPU {
		limits["nvidia.com/gpu"] = "1"
	}
	index := Object{"fieldRef": Object{"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}
	return Object{
		"subdomain": name, "restartPolicy": "Never", "terminationGracePeriodSeconds": 120, // to save
		"containers": []Object{{
			"name": "train", "image": image, "args": t.Args, "resources": Object{"limits": limits},
			"env": []Object{
				{"name": ranks.Rank, "valueFrom": index},
				{"name": ranks.WorldSize, "value": strconv.Itoa(t.Processes)},
				{"name": ranks.LocalRank, "value": "0"},
				{"name": ranks.Address, "value": name + "-0." + name},
				{"name": ranks.Port, "value": podPort},
				{"name": "OMP_NUM_THREADS", "value": threads},
			},
			"volumeMounts": []Object{
				{"name": "config", "mountPath": "/config", "readOnly": true},
				{"name": "simgan", "mountPath": "/runs", "subPath": "runs"},
				{"name": "simgan", "mountPath": "/data", "subPath": "data"},
			},
		}},
		"volumes": []Object{
			{"name": "config", "configMap": Object{"name": name}},
			{"name": "simgan", "persistentVolumeClaim": Object{"claimName": claim}},
		},
	}
}
