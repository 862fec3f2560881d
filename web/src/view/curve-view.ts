/** The last minutes with ECharts. Loaded after the gauge, because it is by far the largest part of the page. */
import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent, MarkAreaComponent, TooltipComponent, type GridComponentOption, type MarkAreaComponentOption,
  type TooltipComponentOption,
} from 'echarts/components';
import { init, use, type ComposeOption, type ECharts } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { Curve } from '../core/curve';
import { SCALE_MAX_DBFS, SCALE_MIN_DBFS } from '../core/format';
import { clockText } from '../core/time';
import { levelText } from '../core/words';

use([LineChart, GridComponent, MarkAreaComponent, TooltipComponent, CanvasRenderer]);

type Option = ComposeOption<
  LineSeriesOption | GridComponentOption | MarkAreaComponentOption | TooltipComponentOption
>;

export class CurveView {
  private readonly chart: ECharts;
  private readonly resized: ResizeObserver;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private readonly restyle = () => this.chart.setOption(this.look());

  constructor(private readonly box: HTMLElement) {
    this.chart = init(box);
    this.chart.setOption(this.look());
    this.resized = new ResizeObserver(() => this.chart.resize());
    this.resized.observe(box);
    this.dark.addEventListener('change', this.restyle);
  }

  dispose(): void {
    this.dark.removeEventListener('change', this.restyle);
    this.resized.disconnect();
    this.chart.dispose();
  }

  draw(curve: Curve): void {
    // Half a point on: a second's value stands in its middle.
    const at = (startMs: number) => startMs + 500;
    const onScale = (level: number | null) => (level === null ? null : Math.max(SCALE_MIN_DBFS, level));
    const spanMs = curve.endMs - curve.startMs;
    // Minutes alone name the time as soon as two labels cannot fall into one.
    const characters = spanMs > 120_000 ? 5 : 8;
    this.chart.setOption({
      xAxis: {
        min: curve.startMs, max: curve.endMs, minInterval: spanMs > 120_000 ? 60_000 : 15_000,
        axisLabel: { formatter: (timeMs: number) => clockText(timeMs).slice(0, characters) },
      },
      series: [
        { id: 'peak', data: curve.points.map((point) => [at(point.startMs), onScale(point.peakDbfs), point.peakDbfs]) },
        {
          id: 'rms',
          data: curve.points.map((point) => [at(point.startMs), onScale(point.rmsDbfs), point.rmsDbfs]),
          markArea: {
            data: curve.missing.map(({ startMs, endMs }) => [
              { xAxis: Math.max(startMs, curve.startMs) }, { xAxis: Math.min(endMs, curve.endMs) },
            ]),
          },
        },
        {
          id: 'clip',
          data: curve.points.filter((point) => point.clipped > 0)
            .map((point) => [at(point.startMs), SCALE_MAX_DBFS, point.clipped]),
        },
      ],
    } satisfies Option);
  }

  private look(): Option {
    const style = getComputedStyle(this.box);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const text = { color: colour('--muted'), fontSize: 11, fontFamily: style.fontFamily };
    const line = { lineStyle: { color: colour('--line') } };
    const base = { type: 'line', showSymbol: false, animation: false, silent: true } as const;
    return {
      animation: false,
      // On the right, room for half a label: the last one stands in the middle below its tick.
      grid: { left: 34, right: 26, top: 14, bottom: 24 },
      tooltip: {
        trigger: 'axis',
        // The HTML form writes style attributes, which the page's content policy forbids.
        renderMode: 'richText',
        confine: true,
        backgroundColor: colour('--card'),
        borderColor: colour('--line-strong'),
        textStyle: { ...text, color: colour('--ink'), fontSize: 12 },
        axisPointer: { type: 'line', animation: false, lineStyle: { color: colour('--muted') } },
        formatter: (points) => tooltipText(Array.isArray(points) ? points : [points]),
      },
      xAxis: {
        type: 'time',
        // The value 0 is at the top of this scale.
        axisLine: { onZero: false, lineStyle: { color: colour('--line-strong') } },
        axisTick: line,
        splitLine: { show: false },
        axisLabel: {
          ...text, hideOverlap: true, showMinLabel: false, showMaxLabel: false,
        },
      },
      yAxis: {
        type: 'value', min: SCALE_MIN_DBFS, max: SCALE_MAX_DBFS, interval: 20,
        splitLine: line,
        axisLabel: { ...text, formatter: (level: number) => levelText(level).replace('.0', '') },
      },
      series: [
        { ...base, id: 'peak', name: 'Peak', lineStyle: { width: 1.2, color: colour('--peak') }, z: 3 },
        {
          ...base, id: 'rms', name: 'RMS', z: 2,
          lineStyle: { width: 2, color: colour('--accent') },
          areaStyle: { color: colour('--accent'), opacity: 0.18, origin: 'start' },
          markArea: { silent: true, animation: false, itemStyle: { color: hatch(colour('--missing')) }, data: [] },
        },
        {
          ...base, id: 'clip', name: 'Clipped', showSymbol: true, symbol: 'triangle', symbolSize: [10, 9],
          symbolRotate: 180, symbolOffset: [0, -5], lineStyle: { width: 0 }, itemStyle: { color: colour('--hot') },
          z: 5, clip: false,
        },
      ],
    };
  }
}

/** Plain text of numbers and our own words: rich text would read a stranger's braces as markup. */
function tooltipText(points: readonly { seriesName?: string | undefined; value?: unknown }[]): string {
  const lines: string[] = [];
  let timeMs = NaN;
  for (const { seriesName, value } of points) {
    if (!Array.isArray(value)) continue;
    const [at, , exact] = value as [number, number | null, number | null];
    timeMs = at - 500;
    if (exact === null) continue;
    lines.push(seriesName === 'Clipped' ? `${exact} samples clipped` : `${seriesName}  ${levelText(exact)} dBFS`);
  }
  return [clockText(timeMs), ...(lines.length > 0 ? lines : ['nothing received'])].join('\n');
}

/** Stripes, so that what is missing is told from the rest without colour. */
function hatch(colour: string): { image: HTMLCanvasElement; repeat: 'repeat' } {
  const size = 8;
  const image = document.createElement('canvas');
  image.width = image.height = size;
  const context = image.getContext('2d');
  if (context) {
    context.globalAlpha = 0.18;
    context.fillStyle = colour;
    context.fillRect(0, 0, size, size);
    context.globalAlpha = 0.7;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift, size);
      context.lineTo(shift + size, 0);
    }
    context.stroke();
  }
  return { image, repeat: 'repeat' };
}
