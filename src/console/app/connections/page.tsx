// SPDX-License-Identifier: MIT
import type { PageComponent } from '../pages';
import { ConnectionPage } from './connection';
import { Connections } from './list';

const Page: PageComponent = ({ route }) => {
    const [name] = route.rest;
    return name ? <ConnectionPage key={name} name={name} route={route} /> : <Connections route={route} />;
};
export default Page;
