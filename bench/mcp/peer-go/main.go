// The official Go SDK's server with one trivial tool. Usage: peer-go PORT
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type none struct{}

func simpleText(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
	text := &mcp.TextContent{Text: "This is a simple text response for testing."}
	return &mcp.CallToolResult{Content: []mcp.Content{text}}, nil, nil
}

func main() {
	server := mcp.NewServer(&mcp.Implementation{Name: "peer", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "test_simple_text", Description: "Answers a text."}, simpleText)
	handler := mcp.NewStreamableHTTPHandler(
		func(*http.Request) *mcp.Server { return server },
		&mcp.StreamableHTTPOptions{JSONResponse: true})
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Printf("peer listening on http://%s\n", listener.Addr())
	panic(http.Serve(listener, handler))
}
