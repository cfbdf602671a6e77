// One ECharts canvas that follows its box, the colour scheme and its option.
import { useEffect, useRef } from "react";
import { init, type ECharts, type EChartsCoreOption } from "./echarts";

export interface ChartProps {
  option: EChartsCoreOption;
  height: number;
  /** What the chart shows, for those who do not see it; the figures stand in the table below. */
  label: string;
}

export function Chart({ option, height, label }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const instance = init(element, null, { renderer: "canvas" });
    chart.current = instance;
    const observer = new ResizeObserver(() => instance.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
  }, [option]);

  useEffect(() => {
    chart.current?.resize();
  }, [height]);

  return <div ref={box} className="chart" role="img" aria-label={label} style={{ height }} />;
}
