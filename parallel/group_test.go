package parallel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"simgan/cgo"
	"simgan/internal/exit"
	"simgan/internal/ranks"
)

// A process of a test is this test binary again, with the name of what it does in the environment.
const scenarioVariable = "SIMGAN_TEST_SCENARIO"

func init() {
	scenario := scenarios[os.Getenv(scenarioVariable)]
	if scenario == nil {
		return
	}
	place, err := ranks.FromEnvironment(os.Getenv)
	if err != nil {
		panic(err)
	}
	g, err := Join(context.Background(), place, 10*time.Second)
	if err == nil {
		err = g.SetTimeout(4 * time.Second)
	}
	if err == nil {
		err = scenario(g)
	}
	fmt.Print(err)
	g.Leave(err)
	if errors.Is(err, exit.ErrGuard) {
		os.Exit(exit.Guard)
	}
	os.Exit(0)
}

// scenarios are what the processes of a test do. What they return is printed.
var scenarios = map[string]func(g *Group) error{
	"exchange": exchange,
	"fails": func(g *Group) error {
		if g.Rank() == 1 {
			return fmt.Errorf("%w: loss is NaN", exit.ErrGuard)
		}
		return averageForever(g)
	},
	"kill 0": func(g *Group) error { return killed(g, 0) },
	"kill 2": func(g *Group) error { return killed(g, 2) },
	"hangs": func(g *Group) error {
		if g.Rank() == 1 {
			time.Sleep(8 * time.Second)
		}
		return averageForever(g)
	},
	"stuck, killed": func(g *Group) error { return stuck(g, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) }) },
	"stuck":         func(g *Group) error { return stuck(g, func() {}) },
	"meet":          meet,
	"watch fails":   func(g *Group) error { return watching(g, func() error { return fmt.Errorf("%w: x", exit.ErrGuard) }) },
	"watch stopped": func(g *Group) error { return watching(g, func() error { return exit.Stopped{Signal: syscall.SIGHUP} }) },
	"watch killed": func(g *Group) error {
		return watching(g, func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	},
}

// stuck has process 1 end or hang while the others wait for it on what would be a GPU.
func stuck(g *Group, first func()) error {
	defer g.Guard(time.Second, func(err error) {
		fmt.Print(err)
		g.Leave(err)
		os.Exit(0)
	})()
	if g.Rank() == 1 {
		first()
	} else {
		g.calls.Add(1)
	}
	time.Sleep(20 * time.Second)
	return nil
}

// meet exchanges texts of processes that come at different times.
func meet(g *Group) error {
	ctx, stop := g.Watch(context.Background())
	defer stop()
	for turn := range 2 {
		time.Sleep(time.Duration(g.Rank()) * 200 * time.Millisecond)
		all, err := g.Together(ctx, fmt.Appendf(nil, "%d of turn %d", g.Rank(), turn))
		want := fmt.Sprintf(`["0 of turn %d" "1 of turn %[1]d" "2 of turn %[1]d"]`, turn)
		if fmt.Sprintf("%q", all) != want {
			return fmt.Errorf("%q: %w", all, err)
		}
	}
	return nil
}

// watching has process 1 end while the others wait for it.
func watching(g *Group, end func() error) error {
	g.patience = deadAfter
	ctx, stop := g.Watch(context.Background())
	defer stop()
	if g.Rank() == 1 {
		time.Sleep(beatPeriod)
		return end()
	}
	_, err := g.Together(ctx, nil)
	return err
}

func killed(g *Group, rank int) error {
	if g.Rank() == rank {
		time.AfterFunc(200*time.Millisecond, func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })
	}
	return averageForever(g)
}

func averageForever(g *Group) error {
	for {
		if _, err := g.Share(1); err != nil {
			return err
		}
	}
}

// exchange calls every method and checks what it gives.
func exchange(g *Group) error {
	return cgo.Within(func(s *cgo.Scope) error {
		values := s.From([]float32{float32(g.Rank()), 1, 2, 3}, cgo.CPU, 2, 2)
		more := s.From([]float32{float32(10 * g.Rank())}, cgo.CPU, 1)
		if err := errors.Join(s.Err(), g.Average([]cgo.Tensor{values, more})); err != nil {
			return err
		}
		first, err := cgo.Read(values)
		second, err2 := cgo.Read(more)
		if want := []float32{1, 1, 2, 3}; !reflect.DeepEqual(first, want) || second[0] != 10 {
			return fmt.Errorf("averages are %v and %v: %w", first, second, errors.Join(err, err2))
		}
		shared, err := g.Share(100 + g.Rank())
		if want := []int{100, 101, 102}; !reflect.DeepEqual(shared, want) {
			return fmt.Errorf("shared %v: %w", shared, err)
		}
		mine := []byte(strings.Repeat("x", 1+g.Rank()))
		if got, err := g.BroadcastBytes(mine); string(got) != "x" {
			return fmt.Errorf("broadcast %q: %w", got, err)
		}
		all, err := g.Gather(mine)
		if g.Rank() == 0 && (len(all) != 3 || string(all[2]) != "xxx") {
			return fmt.Errorf("gathered %q: %w", all, err)
		}
		return exchangeTensors(g, s)
	})
}

// exchangeTensors broadcasts a tensor and sends one from process 2 to process 1.
func exchangeTensors(g *Group, s *cgo.Scope) error {
	t := s.From([]float32{float32(g.Rank() + 5), 7}, cgo.CPU, 2)
	var err error
	switch g.Rank() {
	case 1:
		err = g.Receive(t, 2)
	case 2:
		err = g.Send(t, 1)
	}
	values, err2 := cgo.Read(t)
	if want := []float32{5, 7, 7}[g.Rank()]; values[0] != want {
		return fmt.Errorf("process %d has %v: %w", g.Rank(), values, errors.Join(err, err2))
	}
	if err := g.Broadcast(t); err != nil {
		return err
	}
	if values, err = cgo.Read(t); values[0] != 5 {
		return fmt.Errorf("broadcast %v: %w", values, err)
	}
	return nil
}

// result is what a process printed, and its exit code; -1 if it was killed.
type result struct {
	text string
	code int
	end  string // the same as text
}

// start runs the scenario in n processes to their ends.
func start(t *testing.T, scenario string, n int) []result {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	results := make([]result, n)
	done := make(chan int)
	for rank := range n {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), scenarioVariable+"="+scenario, "OMP_NUM_THREADS=1",
			"RANK="+strconv.Itoa(rank), "WORLD_SIZE="+strconv.Itoa(n),
			"MASTER_ADDR=127.0.0.1", "MASTER_PORT="+strconv.Itoa(port))
		go func() {
			defer cancel()
			text, _ := cmd.CombinedOutput() // the exit code says more than the error
			results[rank] = result{string(text), cmd.ProcessState.ExitCode(), cmd.ProcessState.String()}
			done <- 0
		}()
	}
	for range n {
		<-done
	}
	return results
}

func TestExchange(t *testing.T) {
	for _, scenario := range []string{"exchange", "meet"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			for rank, r := range start(t, scenario, 3) {
				if r.text != "<nil>" {
					t.Errorf("process %d: %s", rank, r.text)
				}
			}
		})
	}
}

// Whatever becomes of a process, the others end within the timeout and name it.
func TestFailuresNameTheProcess(t *testing.T) {
	for scenario, c := range map[string]struct {
		at   int
		want string
	}{
		"fails":  {1, "process 1 of 3 (ranks count from 0) failed: stopped by a guard: loss is NaN"},
		"kill 0": {0, "process 0 of 3 died"},
		"kill 2": {2, "process 2 of 3 died"},
		"hangs":  {1, "process 1 of 3 is busy or hangs"},

		"stuck, killed": {1, "process 1 of 3 died"},
		"stuck":         {1, "process 1 of 3 is busy or hangs"},
		"watch fails":   {1, "process 1 of 3 (ranks count from 0) failed: stopped by a guard: x"},
		"watch stopped": {1, "process 1 of 3 (ranks count from 0): stopped by SIGHUP"},
		"watch killed":  {1, "process 1 of 3 died"},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			for rank, r := range start(t, scenario, 3) {
				if rank != c.at && !strings.Contains(r.text, c.want) {
					t.Errorf("process %d: %s, want %s", rank, r.text, c.want)
				}
				if wantCode := exit.Guard; strings.HasSuffix(scenario, "fails") && r.code != wantCode {
					t.Errorf("process %d: %s, want exit code %d", rank, r.end, wantCode)
				}
			}
		})
	}
}

// A process that is alone needs no group.
func TestAlone(t *testing.T) {
	g, err := Join(context.Background(), ranks.Place{Size: 1}, time.Second)
	if g != nil || err != nil {
		t.Fatal(g, err)
	}
	shared, err := g.Share(7)
	if err != nil || len(shared) != 1 || shared[0] != 7 || g.Size() != 1 || g.Rank() != 0 {
		t.Error(shared, err)
	}
	all, err := g.Gather([]byte("x"))
	if err != nil || len(all) != 1 || string(all[0]) != "x" {
		t.Error(all, err)
	}
}
