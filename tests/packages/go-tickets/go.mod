module github.com/example/go-tickets

go 1.24
