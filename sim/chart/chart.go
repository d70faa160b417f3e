package chart

// Axis says what is counted along one side of a chart.
type Axis struct {
	Label string `json:"label"`
	Unit  string `json:"unit,omitempty"`
	// Log has equal factors lie equally far apart; values must be above 0.
	Log bool `json:"log,omitempty"`
	// Free has the axis begin near the least value; otherwise it begins at 0.
	Free bool `json:"free,omitempty"`
}

// title is the label with the unit.
func (a Axis) title() string {
	if a.Unit == "" {
		return a.Label
	}
	return a.Label + " (" + a.Unit + ")"
}

// Point is one value of a line.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	// Low and High bound Y with 95 % confidence; both 0: it is no estimate.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
}

// Series is one line.
type Series struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"` // in the order of X
	// Expected says that it is not measured but published or derived; it is drawn dashed.
	Expected bool `json:"expected,omitempty"`
}

// Chart is lines over two axes.
type Chart struct {
	Title string `json:"title"`
	X     Axis   `json:"x"`
	Y     Axis   `json:"y"`
	// Steps has a value hold until the next one; otherwise the points are joined.
	Steps  bool     `json:"steps,omitempty"`
	Series []Series `json:"series"`
	// Note says how to read it.
	Note string `json:"note,omitempty"`
}

// Span is one value that holds for a time.
type Span struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Level int     `json:"level"` // index in the Levels of its Bands
}

// Row is what happens to one thing over time.
type Row struct {
	Name  string `json:"name"`
	Spans []Span `json:"spans"`
	// Marks are the times at which it is underlined; their Level counts for nothing.
	Marks []Span `json:"marks,omitempty"`
}

// Level is one of the values that a span may have.
type Level struct {
	Name string `json:"name"`
	// Fill is how it is painted, one of the constants.
	Fill Fill `json:"fill"`
}

// Fill is a colour of the page.
type Fill string

// Heat0 to Heat4 go from nothing to all of something.
const (
	Good  Fill = "good"
	Bad   Fill = "bad"
	Gone  Fill = "gone"
	Faint Fill = "faint"
	Heat0 Fill = "heat0"
	Heat1 Fill = "heat1"
	Heat2 Fill = "heat2"
	Heat3 Fill = "heat3"
	Heat4 Fill = "heat4"
)

// Bands are rows of spans over time.
type Bands struct {
	Title  string  `json:"title"`
	X      Axis    `json:"x"`
	End    float64 `json:"end"` // X goes from 0 to it
	Levels []Level `json:"levels"`
	Rows   []Row   `json:"rows"`
	// Mark is what it means that a row is underlined; empty: none is.
	Mark string `json:"mark,omitempty"`
	Note string `json:"note,omitempty"`
}
