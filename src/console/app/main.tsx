// SPDX-License-Identifier: MIT
import { render } from 'preact';
import { Shell } from './shell';
import { applyTheme } from './theme';

applyTheme();
render(<Shell />, document.getElementById('app')!);
