import { type EChartsOption, init } from 'echarts';

const FONT = 'Helvetica, Arial, sans-serif';

/** Colours of series. */
const COLOURS = ['#2f6fde', '#c2489b', '#2c8f5c', '#d98e04', '#7a5af0', '#d1442f', '#0f9aa8', '#8a94a6'];

interface Size {
  width: number;
  height: number;
}

/** An SVG document, drawn without a browser. */
export function drawSvg(option: EChartsOption, { width, height }: Size = { width: 900, height: 440 }): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: COLOURS,
      textStyle: { fontFamily: FONT, color: '#1f2733' },
      ...option,
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** A title with the legend below it, and space for both. */
export function heading(text: string, subtext: string, legend: readonly string[]): EChartsOption {
  return {
    title: {
      text,
      subtext,
      left: 20,
      top: 14,
      itemGap: 6,
      textStyle: { fontFamily: FONT, fontSize: 17, color: '#1f2733' },
      subtextStyle: { fontFamily: FONT, fontSize: 12, color: '#5b6675' },
    },
    legend: {
      data: [...legend],
      left: 16,
      top: 62,
      icon: 'roundRect',
      itemWidth: 14,
      itemHeight: 8,
      textStyle: { fontFamily: FONT, fontSize: 12, color: '#1f2733' },
    },
  };
}

const LINES = { lineStyle: { color: '#e6e9ee' } };
const LABELS = { color: '#5b6675', fontSize: 11, fontFamily: FONT };
const NAMES = { color: '#5b6675', fontSize: 12, fontFamily: FONT };

export const grid = { left: 70, right: 30, top: 128, bottom: 52 };

export const secondsAxis = (mostMs: number) => ({
  type: 'value' as const,
  name: 'seconds',
  nameLocation: 'middle' as const,
  nameGap: 28,
  nameTextStyle: NAMES,
  min: 0,
  max: mostMs / 1000,
  axisLabel: { ...LABELS, formatter: (value: number) => String(Number(value.toFixed(2))), showMaxLabel: false },
  splitLine: LINES,
});

export const valueAxis = (name: string) => ({
  type: 'value' as const,
  name,
  nameTextStyle: { ...NAMES, align: 'left' as const, padding: [0, 0, 0, -44] },
  min: 0,
  axisLabel: { ...LABELS, formatter: (value: number) => value.toLocaleString('en-US') },
  splitLine: LINES,
});

export const categoryAxis = (data: string[], name?: string) => ({
  type: 'category' as const,
  data,
  axisTick: { show: false },
  axisLabel: { ...LABELS, fontSize: 12 },
  ...(name !== undefined && { name, nameLocation: 'middle' as const, nameGap: 28, nameTextStyle: NAMES }),
});
