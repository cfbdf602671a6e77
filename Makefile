# Every target sets itself up inside this folder; nothing is installed system-wide (but see `install`).
.PHONY: help demo install test bench soak notices tools clean-demo

help:
	@echo "make demo      build patron, make up a shop, run the main job on it, write demo/report.html"
	@echo "make test      every check and test that CI runs"
	@echo "make install   put patron on the PATH (PREFIX=DIR: into DIR/bin)"
	@echo "make bench     side by side with DuckDB, Polars, pandas and lifetimes (ORDERS=10000000; bench/run does one of them)"
	@echo "make soak      the long checks; each result is a line under bench/soak/ (FUZZ_SECONDS=60 a fuzz target)"
	@echo "make notices   write the notices of the parts that the binary carries anew"

demo:
	@scripts/demo.sh

install:
	@scripts/install.sh

test: tools
	@python3 scripts/test.py

bench:
	@bench/run --orders $(or $(ORDERS),10000000)
	@bench/run import --formats csv --orders $(or $(ORDERS),10000000)
	@bench/run ledger --orders $(or $(ORDERS),10000000)
	@bench/run cases
	@bench/run full
	@bench/run fits

soak: tools
	@python3 scripts/soak.py

notices: tools
	@python3 scripts/notices.py

# What is missing is said before anything starts.
tools:
	@bash -c '. scripts/lib.sh && need_tools cargo cc node npm python3'

clean-demo:
	rm -rf demo
