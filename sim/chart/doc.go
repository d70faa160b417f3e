// Package chart draws measured data as SVG, and frames it as one page that needs nothing else: no script, no font, no
// network.
//
// Start with a Chart or Bands value, which are plain data that can be kept as JSON, and AppendSVG; Page writes the document
// around it.
//
// # Model
//
// A Chart is lines over two axes. Bands are rows of spans over time, such as what was believed of each member. Colours are
// the page's, as classes, so that a picture is light or dark as the reader wants it. No meaning hangs on colour alone: lines
// have marks of different shapes, and everything that is drawn is in a table too.
//
// # Limits
//
// A table shows 40 rows at most, evenly chosen. Lines are drawn from all their points.
package chart
