// The chart colours of the scheme in force.
import { useComputedColorScheme } from "@mantine/core";
import { chartColours, type ChartColours } from "../charts/colours";

export function useChartColours(): ChartColours {
  return chartColours(useComputedColorScheme("light") === "dark");
}
