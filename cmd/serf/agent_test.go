package main

import "github.com/rogpeppe/go-internal/testscript"

func agentCommand(ts *testscript.TestScript, neg bool, args []string)    {}
func waitForCommand(ts *testscript.TestScript, neg bool, args []string)  {}
func signalCommand(ts *testscript.TestScript, neg bool, args []string)   {}
func exitedCommand(ts *testscript.TestScript, neg bool, args []string)   {}
func holdPortCommand(ts *testscript.TestScript, neg bool, args []string) {}
