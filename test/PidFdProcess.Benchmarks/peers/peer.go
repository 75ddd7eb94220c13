// os/exec: ns from kill to known status, threads with pending waits, what it says of a non-child. Arguments: rounds, waits, PID.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

func start() *exec.Cmd {
	command := exec.Command("/bin/sleep", "1000")
	if err := command.Start(); err != nil {
		panic(err)
	}
	return command
}

func main() {
	rounds, _ := strconv.Atoi(os.Args[1])
	waits, _ := strconv.Atoi(os.Args[2])
	for i := 0; i < rounds; i++ {
		command := start()
		done := make(chan struct{})
		go func() {
			_ = command.Wait()
			close(done)
		}()
		time.Sleep(2 * time.Millisecond)
		begin := time.Now()
		_ = command.Process.Kill()
		<-done
		fmt.Print(time.Since(begin).Nanoseconds(), " ")
	}
	fmt.Println()

	commands := make([]*exec.Cmd, waits)
	done := make(chan struct{})
	for i := range commands {
		command := start()
		commands[i] = command
		go func() {
			_ = command.Wait()
			done <- struct{}{}
		}()
	}
	time.Sleep(500 * time.Millisecond)
	tasks, _ := os.ReadDir("/proc/self/task")
	fmt.Println(len(tasks))
	for _, command := range commands {
		_ = command.Process.Kill()
	}
	for range commands {
		<-done
	}

	id, _ := strconv.Atoi(os.Args[3])
	process, _ := os.FindProcess(id)
	_ = process.Kill()
	_, err := process.Wait()
	fmt.Println("Wait says", err)
}
