// An agent that asks the guard on its machine before it sends: go run . "a message".
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Verdict is what the guard says of a message; see /openapi.json for all of it.
type Verdict struct {
	Verdict         string `json:"verdict"`
	Redacted        string `json:"redacted"`
	NoticeForSender string `json:"noticeForSender"`
}

// Guard asks the service of `npx shhh-guard`.
type Guard struct {
	URL    string
	Agent  string
	Client *http.Client
}

// Pass returns what may be sent of a message. It is closed by default: where the guard cannot be asked, nothing may.
func (g Guard) Pass(ctx context.Context, message string) (string, error) {
	body, err := json.Marshal(map[string]string{"message": message, "agent": g.Agent})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/v1/check", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := g.Client.Do(request)
	if err != nil {
		return "", fmt.Errorf("the guard cannot be asked: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the guard answered %s", response.Status)
	}
	var verdict Verdict
	if err := json.NewDecoder(response.Body).Decode(&verdict); err != nil {
		return "", fmt.Errorf("the guard's answer cannot be read: %w", err)
	}
	switch verdict.Verdict {
	case "allow", "redact":
		return verdict.Redacted, nil
	default:
		// The notice names rules and fingerprints and no secret: it may be logged, and shown to the model.
		return "", errors.New(verdict.NoticeForSender)
	}
}

func main() {
	address := flag.String("guard", "http://127.0.0.1:7733", "where the guard listens")
	flag.Parse()
	guard := Guard{URL: *address, Agent: "guarded-go-agent", Client: &http.Client{Timeout: 2 * time.Second}}
	for _, message := range flag.Args() {
		passed, err := guard.Pass(context.Background(), message)
		if err != nil {
			fmt.Fprintln(os.Stderr, "not sent:", err)
			os.Exit(1)
		}
		// Here a real agent publishes to its network.
		fmt.Println("sent:", passed)
	}
}
