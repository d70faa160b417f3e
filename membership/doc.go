// Package membership is the whole machine: Cluster joins the failure detector of package swim with Serf's rules about
// members, tags, intents and Lamport time.
package membership
