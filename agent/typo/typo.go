// Package typo says how far apart two words are, for hints about what may have been meant. Begin with Distance.
package typo

// WordBytesMax bounds the words that are compared: no command, flag or key is as long.
const WordBytesMax = 64

// Distance returns how many bytes must be put in, taken out or changed to make b of a; 64 for a word that is longer.
func Distance(a, b string) int {
	if len(a) > WordBytesMax {
		return WordBytesMax
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
