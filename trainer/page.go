package trainer

import "time"

// page writes the run's page while it trains.
type page struct {
	make func(dir string) error // nil: there is none
	cost time.Duration          // of the last page
	last time.Time
}

// pageShare bounds the time that pages take: one in pageShare seconds of training.
const pageShare = 50

// update writes the page, unless the last one took long and is recent.
func (p *page) update(dir string, b book) {
	if time.Since(p.last) >= pageShare*p.cost {
		p.write(dir, b)
	}
}

// write writes the page. The run does not depend on the page: a failure is logged.
func (p *page) write(dir string, b book) {
	if p.make == nil {
		return
	}
	start := time.Now()
	if err := p.make(dir); err != nil {
		b.Logf("warning: the run's page: %v", err)
	}
	p.last = time.Now()
	p.cost = p.last.Sub(start)
}
