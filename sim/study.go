package sim

// Studies returns the comparisons with published figures, in the order in which they are best read. They are run like
// scenarios.
func Studies() []Scenario { return []Scenario{swimStudy, serfStudy} }

// FindStudy returns the study of that name.
func FindStudy(name string) (Scenario, bool) {
	for _, s := range Studies() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// expect returns f with the figure it is compared to.
func (f Figure) expect(value float64, source string) Figure {
	f.Expected, f.Source = value, source
	return f
}
