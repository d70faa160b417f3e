package sim

import (
	"strings"
	"testing"
)

func TestShardsShareAllPoints(t *testing.T) {
	for points := range 30 {
		for of := 1; of <= 12; of++ {
			sum := 0
			for i := range of {
				s := Shard{i + 1, of}
				sum += s.count(points)
				n := 0
				for k := s.first(); k < points; k += s.step() {
					n++
				}
				if n != s.count(points) {
					t.Fatalf("shard %v of %d points has %d, and says %d", s, points, n, s.count(points))
				}
			}
			if sum != points {
				t.Fatalf("%d shards have %d of %d points", of, sum, points)
			}
		}
	}
}

func TestShardComesFromTheEnvironmentOfTheJob(t *testing.T) {
	for _, test := range []struct {
		env  string
		of   int
		want string
	}{
		{"SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=1", 0, "3/4"},
		{"SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0", 0, "4/4"},
		{"JOB_COMPLETION_INDEX=0", 8, "1/8"},
		{"JOB_COMPLETION_INDEX=0", 0, "error: nothing says how many jobs there are: write -shard auto/8"},
		{"JOB_COMPLETION_INDEX=8", 8, "error: which is none of 8 jobs from 0 on"},
		{"AWS_BATCH_JOB_ARRAY_INDEX=7 AWS_BATCH_JOB_ARRAY_SIZE=8", 0, "8/8"},
		{"AWS_BATCH_JOB_ARRAY_INDEX=7", 16, "8/16"},
		{"SGE_TASK_ID=1 SGE_TASK_FIRST=1 SGE_TASK_LAST=5", 0, "1/5"},
		{"SGE_TASK_ID=undefined", 0, "error: no job of an array"},
		{"LSB_JOBINDEX=2 LSB_JOBINDEX_END=3", 0, "2/3"},
		{"BATCH_TASK_INDEX=2 BATCH_TASK_COUNT=3", 0, "3/3"},
		{"CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=3", 0, "1/3"},
		{"CI_NODE_INDEX=3 CI_NODE_TOTAL=3", 0, "3/3"},
		{"", 4, "error: none of SLURM_ARRAY_TASK_ID, "},
	} {
		lookup := func(name string) (string, bool) {
			for _, pair := range strings.Fields(test.env) {
				if key, value, _ := strings.Cut(pair, "="); key == name {
					return value, true
				}
			}
			return "", false
		}
		s, err := ShardFromEnvironment(test.of, lookup)
		if want, fails := strings.CutPrefix(test.want, "error: "); fails {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, %v, want %q", test.env, s, err, want)
			}
			continue
		}
		if err != nil || s.String() != test.want {
			t.Errorf("%q: %v, %v, want %s", test.env, s, err, test.want)
		}
	}
	for _, text := range []string{"", "0/3", "4/3", "1", "a/b", "1/99999"} {
		if _, err := ParseShard(text); err == nil {
			t.Errorf("%q is a shard", text)
		}
	}
}
