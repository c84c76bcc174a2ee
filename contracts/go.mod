module github.com/tributary-inbox/tributary/contracts

go 1.26
