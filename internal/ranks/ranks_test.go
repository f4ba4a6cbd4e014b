package ranks

import (
	"errors"
	"strings"
	"testing"

	"simgan/internal/exit"
)

func TestFromEnvironment(t *testing.T) {
	torch := "RANK=3 WORLD_SIZE=8 LOCAL_RANK=1 MASTER_ADDR=node1 MASTER_PORT=29400 "
	slurm := "SLURM_JOB_ID=10007 SLURM_STEP_ID=0 SLURM_PROCID=2 SLURM_NTASKS=4 SLURM_LOCALID=1 SLURM_STEP_NODELIST="
	for environment, want := range map[string]Place{
		"":    {Size: 1},
		torch: {Rank: 3, Size: 8, Local: 1, Host: "node1", Port: 29400},
		torch + "TORCHELASTIC_USE_AGENT_STORE=True TORCHELASTIC_RESTART_COUNT=2 SLURM_PROCID=0 SLURM_NTASKS=1": {
			Rank: 3, Size: 8, Local: 1, Host: "node1", Port: 29400, Served: true, Attempt: "2",
		},
		"RANK=0 WORLD_SIZE=1":                          {Size: 1},
		slurm + "node[3-4]":                            {Rank: 2, Size: 4, Local: 1, Host: "node3", Port: 29507, Attempt: "0"},
		slurm + "gpu-[007,009].local":                  {Rank: 2, Size: 4, Local: 1, Host: "gpu-007.local", Port: 29507, Attempt: "0"},
		slurm + "a,b[1-2]":                             {Rank: 2, Size: 4, Local: 1, Host: "a", Port: 29507, Attempt: "0"},
		"SLURM_PROCID=1 SLURM_NTASKS=2":                {Rank: 1, Size: 2, Local: 1, Host: "127.0.0.1", Port: 29500},
		"SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_NTASKS=4": {Size: 1}, // a batch script, not a task of srun
	} {
		got, err := FromEnvironment(lookup(environment))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", environment, got, err, want)
		}
	}
}

func TestEnvironmentsThatNameNoProcess(t *testing.T) {
	for environment, want := range map[string]string{
		"RANK=4 WORLD_SIZE=4":  `RANK="4"`,
		"RANK=-1 WORLD_SIZE=4": `RANK="-1"`,
		"RANK=0":               `WORLD_SIZE=""`,
		"RANK=0 WORLD_SIZE=x":  `WORLD_SIZE="x"`,
		"RANK=0 WORLD_SIZE=2":  "needs MASTER_ADDR and MASTER_PORT",
		"RANK=0 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=0":   `MASTER_PORT="0"`,
		"SLURM_PROCID=2 SLURM_NTASKS=2":                     `SLURM_PROCID="2"`,
		"SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_LOCALID=local": `SLURM_LOCALID="local"`,
	} {
		_, err := FromEnvironment(lookup(environment))
		if !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %s", environment, err, want)
		}
	}
}

func lookup(environment string) func(string) string {
	values := map[string]string{}
	for _, pair := range strings.Fields(environment) {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}
