package report

import (
	"strings"
	"time"

	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// settingsShown is what settings.html shows.
type settingsShown struct {
	Config    config.Config
	Processes []processShown
	Yaml      string
}

type processShown struct {
	rundir.Process
	Line, Begun, Took string
}

// showSettings shows what the run was trained on, with what and where.
func showSettings(r *run) (any, error) {
	shown := settingsShown{Config: r.config, Yaml: r.yaml}
	for _, p := range r.origin.Processes {
		one := processShown{
			Process: p, Line: strings.Join(p.Command, " "), Begun: p.Started.Format(time.DateTime), Took: "no end",
		}
		if p.Ended != nil {
			one.Took = "took " + length(p.Seconds())
		} else if r.trains && p.Work == rundir.TrainWork {
			one.Took = "trains"
		}
		shown.Processes = append(shown.Processes, one)
	}
	return shown, nil
}
