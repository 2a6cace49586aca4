module shhh.example/guarded-agent

go 1.22
